"""What anybody may ask, without a token: nothing in it says whose it is."""

from ditan.api.anybody import certificates, plantings, projects

HANDLERS = [certificates.certificate, plantings.plantings, projects.project, projects.projects]

__all__ = ["HANDLERS"]
