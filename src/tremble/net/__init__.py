"""The wire without a wire: bytes and `now` in, messages and bytes out. Pure, compiled as is."""
