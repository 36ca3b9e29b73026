"""The hall: what all requests of one process share. It is made once and given to whoever needs it."""

from __future__ import annotations

import threading
from collections import OrderedDict

from ditan.api.identity import Identity
from ditan.api.limiting import Rates
from ditan.api.measuring import Measures
from ditan.api.page.files import PAGES, read_built
from ditan.insight import Methodology, Schedule, newest, prepare_schedule
from ditan.insight.packing import pack_of_version
from ditan.kernel.clock import Clock, business_day
from ditan.kernel.envelope import read_master_keys
from ditan.kernel.settings import Settings
from ditan.model import Pack
from ditan.rewards import Offer, read_partners
from ditan.store import Store

_PACKS_KEPT = 4


class Hall:
    """Store, clock, methodology, rewards, their partners and the keys of addresses, the pages, and who is let in."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        clock: Clock,
        schedule: Schedule,
        identity: Identity,
        offer: Offer,
    ) -> None:
        self.settings, self.store, self.clock = settings, store, clock
        self._schedule, self.identity = schedule, identity
        self.offer, self.partners = offer, read_partners(settings.rewards_partners)
        self.address_keys = read_master_keys(settings)
        self.rates = Rates(settings.requests_per_minute)
        self.measures = Measures()
        self.built = {page: read_built(page) for page in PAGES}
        self.events_turn = threading.Semaphore(2)  # calls with events that are worked on at once
        self.upload_turn = threading.Semaphore(1)  # files of the console, one after the other
        self._packs: OrderedDict[str, Pack] = OrderedDict()
        self._lock, self._turning = threading.Lock(), threading.Lock()

    @property
    def methodology(self) -> Methodology:
        """What acts of today are quantified by."""
        return self._schedule.on(business_day(self.clock.now()))

    @property
    def pack(self) -> Pack:
        """The pack of today's methodology."""
        return self.methodology.pack

    def schedule(self) -> Schedule:
        """What acts of each day are quantified by, read again when somebody decided since: in any process."""
        if self.store.read(newest) != self._schedule.newest:
            with self._turning:
                if self.store.read(newest) != self._schedule.newest:
                    self._schedule = prepare_schedule(self.store, self.clock)
        return self._schedule

    def pack_of(self, version: str) -> Pack:
        """Give a methodology that ran once; reading and checking one takes a while, so a few are kept."""
        if version == self.methodology.version:
            return self.pack
        with self._lock:
            if version in self._packs:
                self._packs.move_to_end(version)
                return self._packs[version]
        found = self.store.read(lambda connection: pack_of_version(connection, version))
        with self._lock:
            self._packs[version] = found
            while len(self._packs) > _PACKS_KEPT:
                self._packs.popitem(last=False)
        return found
