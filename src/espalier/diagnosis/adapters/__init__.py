"""Adapters: the doctor beside a training that another library runs. None of these libraries is a dependency."""
