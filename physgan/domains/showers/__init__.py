"""Energy deposits of particle showers in layers of cells."""

from physgan.domains.showers.pictures import draw_event, shower_figure

__all__ = ["draw_event", "shower_figure"]
