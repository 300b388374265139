"""The embedded listener: what can honestly be heard in sound, on a CPU, with nothing fetched at run time."""
