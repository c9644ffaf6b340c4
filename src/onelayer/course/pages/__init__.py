"""The pages of the course: for each the experiment it runs, and beside it its prose in English and in Chinese."""
