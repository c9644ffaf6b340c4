"""What several pages try things out with: their data, fits and clocks."""
