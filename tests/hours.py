"""Hours as a clock on the wall shows them."""

import polars as pl


def local_hours(start, end, zone):
    """Return every hour from start to end (UTC) as the clock of a zone shows it, in microseconds."""
    hours = pl.datetime_range(start, end, "1h", time_zone="UTC", eager=True).dt.convert_time_zone(zone)
    return hours.dt.replace_time_zone(None).to_physical().to_numpy()
