"""All methods by name."""

from physgan.domains import DOMAINS
from physgan.methods.base import Method
from physgan.methods.fitted import Fitted
from physgan.methods.flow_matching import FlowMatching
from physgan.methods.gan import Gan
from physgan.methods.likelihood import Likelihood
from physgan.methods.vae import Vae

__all__ = ["DEFAULT", "METHODS"]

DEFAULT = "gan"

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Gan(),
        Likelihood(),
        Vae(),
        FlowMatching(),
        *(
            Fitted({d.name: d.baselines[name] for d in DOMAINS.values() if name in d.baselines})
            for name in sorted({name for d in DOMAINS.values() for name in d.baselines})
        ),
    )
}
"""Method name -> method."""
