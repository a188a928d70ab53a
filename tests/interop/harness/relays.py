"""More relays than the border's first one."""

from . import toml
from .border import RELAY_METRICS, Border, Metrics, http, relay_config
from .checks import check
from .process import Process

OTHER_METRICS = "127.0.0.1:9093"


def links(lab):
    """Of the sbc, to both."""
    return {"relay": {"other": {"socket": f"{lab.directory}/other.sock", "lease": "2s", "command_timeout": "1s"}}}


class OtherRelay(Process):
    """To be started before the border, which then finds it at once."""

    def __init__(self, lab, changes=None):
        ports = {"first_port": 23000, "last_port": 23999}
        own = {"control": {"socket": f"{lab.directory}/other.sock"}, "metrics": {"listen": OTHER_METRICS}}
        settings = toml.merged(relay_config(lab.directory), own)
        settings = toml.merged(settings, {"network": {name: ports for name in settings["network"]}})
        file = lab.directory / "other.toml"
        file.write_text(toml.write(toml.merged(settings, changes or {})))
        super().__init__("media-relay", [lab._binaries.relay, "--config", file], lab.directory / "other-relay.log")
        lab.keep(self)
        Border.until_ready(self, OTHER_METRICS)


def metrics(process):
    status, text = http(OTHER_METRICS if isinstance(process, OtherRelay) else RELAY_METRICS, "/metrics")
    check(status == 200, f"the relay has no metrics: {status} {text}")
    return Metrics(text)


def sessions(process):
    """That the relay has now."""
    return metrics(process).total("relay_sessions")
