"""Small models in ONNX."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def model(nodes=(), initializers=(), opsets=(("", 18),), functions=()):
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"]), *nodes],
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 2])],
        [numpy_helper.from_array(np.zeros((4, 2), np.float32), "w"), *initializers],
    )
    imports = [helper.make_opsetid(domain, version) for domain, version in opsets]
    return helper.make_model(
        graph, producer_name="tests", producer_version="1.2", opset_imports=imports, functions=functions, ir_version=9
    )


def external(path):
    tensor = TensorProto(name="big", data_type=TensorProto.FLOAT, dims=[10, 10], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=path)
    return tensor
