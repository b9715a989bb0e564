"""The opcodes that push plain values."""

import codecs
import struct
from typing import Any

from modelyard.inspection.pickles.stacking import Stack
from modelyard.inspection.pickles.values import FLOAT, INT, UNKNOWN, Opaque, remember

_INT4, _SIZE4, _SIZE8, _SIZE2 = (struct.Struct(form).unpack_from for form in ("<i", "<I", "<Q", "<H"))


class Literals(Stack):
    """Numbers, strings, bytes and the containers of Python itself."""

    def text_seen(self, value: str | bytes | Opaque, offset: int) -> None:
        """Called with strings and bytes that could hold a pickle."""

    def _byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def _size4(self) -> int:
        self.at += 4
        return int(_SIZE4(self.data, self.at - 4)[0])

    def _size8(self) -> int:
        self.at += 8
        return int(_SIZE8(self.data, self.at - 8)[0])

    def binint(self) -> None:
        """BININT."""
        self.stack.append(_INT4(self.data, self.at)[0])
        self.at += 4

    def binint1(self) -> None:
        """BININT1."""
        self.stack.append(self.data[self.at])
        self.at += 1

    def binint2(self) -> None:
        """BININT2."""
        self.stack.append(_SIZE2(self.data, self.at)[0])
        self.at += 2

    def int_line(self) -> None:
        """INT, which has two spellings of truth."""
        line = self.line()
        self.stack.append(line == b"01" if line in {b"00", b"01"} else self._number(line))

    def long_line(self) -> None:
        """LONG."""
        line = self.line()
        self.stack.append(self._number(line.removesuffix(b"L") if isinstance(line, bytes) else line))

    def _number(self, line: bytes | Opaque) -> Any:
        if isinstance(line, Opaque) or len(line) > 64:
            return INT
        try:
            return int(line, 0)
        except ValueError:
            raise self.broken("a number is none") from None

    def long1(self) -> None:
        """LONG1."""
        self._long(self._byte())

    def long4(self) -> None:
        """LONG4."""
        self._long(self._size4())

    def _long(self, length: int) -> None:
        found = self.value(length, "int")
        short = isinstance(found, bytes) and length <= 16
        self.stack.append(int.from_bytes(found, "little", signed=True) if short else INT)  # type: ignore[arg-type]  # short means bytes

    def float_line(self) -> None:
        """FLOAT."""
        self.line()
        self.stack.append(FLOAT)

    def binfloat(self) -> None:
        """BINFLOAT."""
        self.at += 8
        self.stack.append(FLOAT)

    def none(self) -> None:
        """NONE."""
        self.stack.append(None)

    def true(self) -> None:
        """NEWTRUE."""
        self.stack.append(True)

    def false(self) -> None:
        """NEWFALSE."""
        self.stack.append(False)

    def short_text(self) -> None:
        """SHORT_BINUNICODE, the opcode that most pickles have most of."""
        length = self.data[self.at]
        start = self.at + 1
        end = start + length
        if end > len(self.data):
            self.at = start
            self._text(length)
            return
        self.at = end
        found = self.data[start:end]
        if length > 1 and found[-1] == 46:
            self.text_seen(found, self.base + start)
        try:
            self.stack.append(found.decode())
        except UnicodeDecodeError:
            self.stack.append(self._odd_text(found))

    def text4(self) -> None:
        """BINUNICODE."""
        self._text(self._size4())

    def text8(self) -> None:
        """BINUNICODE8."""
        self._text(self._size8())

    def _text(self, length: int) -> None:
        offset = self.offset
        found = self.value(length, "str")
        self.text_seen(found, offset)
        self.stack.append(self._decoded(found))

    def _decoded(self, found: bytes | Opaque) -> Any:
        if isinstance(found, Opaque) or (len(found) > 64 and not found.isascii()):
            return found if isinstance(found, Opaque) else Opaque("str", self.offset - len(found), len(found))
        try:
            return found.decode()
        except UnicodeDecodeError:
            return self._odd_text(found)

    def _odd_text(self, found: bytes) -> str:
        try:
            return found.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise self.broken("a string is not UTF-8") from None

    def text_line(self) -> None:
        """UNICODE."""
        offset = self.offset
        found = self.line()
        self.text_seen(found, offset)
        if isinstance(found, Opaque):
            self.stack.append(found)
            return
        try:
            self.stack.append(found.decode("raw-unicode-escape"))
        except UnicodeDecodeError:
            raise self.broken("a string has a wrong escape") from None

    def string_line(self) -> None:
        """STRING: as Python 2 shows it, in quotes."""
        found = self.line()
        if isinstance(found, Opaque):
            self.stack.append(found)
            return
        found = found.strip()
        if len(found) < 2 or found[0] != found[-1] or found[0] not in b"'\"":
            raise self.broken("a string has no quotes")
        try:
            self._old_string(codecs.escape_decode(found[1:-1])[0])
        except ValueError:
            raise self.broken("a string has a wrong escape") from None

    def string4(self) -> None:
        """BINSTRING."""
        self._old_value(self._size4())

    def string1(self) -> None:
        """SHORT_BINSTRING."""
        self._old_value(self._byte())

    def _old_value(self, length: int) -> None:
        found = self.value(length, "str")
        if isinstance(found, Opaque):
            self.text_seen(found, found.offset)
            self.stack.append(found)
        else:
            self._old_string(found)

    def _old_string(self, found: bytes) -> None:
        """A string of Python 2: text where it can be, since that is how names are written."""
        self.text_seen(found, self.offset - len(found))
        self.stack.append(found.decode() if found.isascii() else found)

    def bytes1(self) -> None:
        """SHORT_BINBYTES."""
        self._bytes(self._byte())

    def bytes4(self) -> None:
        """BINBYTES."""
        self._bytes(self._size4())

    def bytes8(self) -> None:
        """BINBYTES8 and BYTEARRAY8."""
        self._bytes(self._size8())

    def _bytes(self, length: int) -> None:
        offset = self.offset
        found = self.value(length, "bytes")
        self.text_seen(found, offset)
        self.stack.append(found)

    def empty_tuple(self) -> None:
        """EMPTY_TUPLE."""
        self.stack.append(())

    def tuple_marked(self) -> None:
        """TUPLE."""
        self.stack.append(tuple(self.pop_mark()))

    def tuple1(self) -> None:
        """TUPLE1."""
        self.stack.append((self.pop(),))

    def tuple2(self) -> None:
        """TUPLE2."""
        last = self.pop()
        self.stack.append((self.pop(), last))

    def tuple3(self) -> None:
        """TUPLE3."""
        last, middle = self.pop(), self.pop()
        self.stack.append((self.pop(), middle, last))

    def empty_list(self) -> None:
        """EMPTY_LIST."""
        self.stack.append([])

    def list_marked(self) -> None:
        """LIST."""
        self.stack.append(self.pop_mark())

    def empty_dict(self) -> None:
        """EMPTY_DICT."""
        self.stack.append({})

    def dict_marked(self) -> None:
        """DICT."""
        found: dict[str, Any] = {}
        self.put_items(found, self.pop_mark())
        self.stack.append(found)

    def empty_set(self) -> None:
        """EMPTY_SET, of which the items do not matter."""
        self.stack.append([])

    def frozen_set(self) -> None:
        """FROZENSET."""
        self.pop_mark()
        self.stack.append(UNKNOWN)

    def put_items(self, known: dict[str, Any], items: list[Any]) -> None:
        """Put keys and values, in turns, into a dictionary."""
        if len(items) % 2:
            raise self.broken("a dictionary has a key without a value")
        for place in range(0, len(items), 2):
            remember(known, items[place], items[place + 1])
