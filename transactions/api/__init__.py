"""The REST API. Views read and write HTTP; what happens in between is the domain's."""
