"""The live half without Django: the pipeline from bytes to events, and the words of the sockets."""
