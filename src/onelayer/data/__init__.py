"""Where X and y come from: data files, registered data sets and folders; nothing here knows of models."""
