"""The package's exceptions."""


class InputError(ValueError):
    """Bad input, with its place: str() is one line, "file:line: error: message" as far as the place is known.

    >>> error = InputError("an error", "net.csv", 3, "net.csv:3: error: an error")
    >>> error.file, error.line, error.message, str(error)
    ('net.csv', 3, 'an error', 'net.csv:3: error: an error')
    """

    def __init__(self, message: str, file: str = "", line: int = 0, text: str = "") -> None:
        super().__init__(message, file, line, text)
        self.message = message
        self.file = file  # "" where no file is concerned; for ONNX with the node: "net.onnx: node conv1"
        self.line = line  # 0: the file as a whole
        self._text = text or f"error: {message}"

    def __str__(self) -> str:
        return self._text


class Unsupported(Exception):
    """The machine has no price for this layer; `reason` says why in one sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
