"""Environment files as typed values: `load` one, or `load_all` of a folder."""

from constructs_lib.environment import (
    Application,
    ApplicationZone,
    Environment,
    Management,
    ManagementZone,
    Microblog,
    Server,
    Servers,
    State,
)
from constructs_lib.problems import ConfigurationError, Problem
from constructs_lib.settings.loading import load, load_all
from constructs_lib.settings.schema import json_schema

__all__ = [
    "Application",
    "ApplicationZone",
    "ConfigurationError",
    "Environment",
    "Management",
    "ManagementZone",
    "Microblog",
    "Problem",
    "Server",
    "Servers",
    "State",
    "json_schema",
    "load",
    "load_all",
]
