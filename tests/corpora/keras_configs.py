"""Keras 3's configurations."""


def layer(module, name, registered=None, **config):
    return {"module": module, "class_name": name, "config": {"name": "l", **config}, "registered_name": registered}


def functional(*layers):
    first = layer("keras.layers", "InputLayer", batch_shape=[None, 3], dtype="float32")
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
    dense = layer("keras.layers", "Dense", units=3, dtype=policy)
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {"name": "m", "layers": [first, dense, *layers]},
        "registered_name": "Functional",
    }
