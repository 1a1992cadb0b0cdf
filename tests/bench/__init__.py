"""Speed as ratios of whole processes measured in one run: `pipenv run bench`."""
