"""A seeded trade of two invented states, honest and otherwise; what was planted is known.

Its numbers are its own: none is taken from the thresholds that the checks measure against. Honest trade is not tidy here:
it has seasons, drifting prices, growth, small packs, keying errors, packing counted by one side, brokers who choose the
wrong code, firms that are new, groups with branches, office buildings with many firms, diverted ships and free ports. So
that false alarms are real. The only number that both sides of the test know is the law's own: the quantity that passes
without a permit.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from comity.desks.precursors.flows.model import (
    Consignment,
    ConsignmentId,
    Flow,
    Grams,
    HolderId,
    LicenceHolder,
    Movement,
    Party,
    Stock,
    SubstanceId,
)
from comity.desks.precursors.flows.trade import Trade
from tests.trade.listed import Listed, ListIdentify

BEGIN, UNTIL = date(2023, 7, 1), date(2026, 6, 30)
PLANT_FROM, PLANT_UNTIL = date(2025, 4, 1), date(2026, 2, 28)
SIDES = (Party("XO"), Party("XV"))
CURRENCY = {"XO": "XOC", "XV": "XVD"}
PORTS = {"XO": ("OP1", "OP2"), "XV": ("VP1", "VP2")}
HUBS = ("HUB1", "HUB2", "HUB3", "HUB4")
FREE = ("FZ1", "FZ2")
ELSEWHERE = ("XK", "XM", "XT")


def cas(first: int) -> str:
    """Return a made-up CAS number with its right digit."""
    digits = f"{first}"[::-1]
    return f"{first // 100}-{first % 100:02}-{sum(n * int(d) for n, d in enumerate(digits, 1)) % 10}"


@dataclass(frozen=True)
class Good:
    """A made-up substance: what a kilogram costs, the usual lot in kg, the law's quantity without permit in grams."""

    id: SubstanceId
    names: tuple[str, ...]
    cas: str
    hs6: str
    basket: str
    price: float
    lot_kg: float
    free_grams: int


GOODS = (
    Good(
        SubstanceId("alvanol"), ("Alvanol", "alvanyl alcohol"), cas(99000117), "290199", "290290", 3.2, 900, 1_000_000
    ),
    Good(
        SubstanceId("borrexine"), ("Borrexine", "dihydroborrexine"), cas(99000218), "293399", "293490", 41, 60, 100_000
    ),
    Good(
        SubstanceId("cendrate"), ("Potassium cendrate", "cendrate"), cas(99000319), "284161", "284290", 6.5, 55, 50_000
    ),
    Good(SubstanceId("dorvic-acid"), ("Dorvic acid", "dorvate"), cas(99000421), "291634", "291690", 17, 80, 120_000),
    Good(SubstanceId("elmone"), ("Elmone", "2-elmanone"), cas(99000522), "291431", "291490", 9.8, 350, 400_000),
    Good(
        SubstanceId("fenrol-anhydride"), ("Fenrol anhydride",), cas(99000623), "291524", "291590", 1.9, 1400, 1_000_000
    ),
)
OTHER_GOODS = (("Cleaning concentrate", "340250"), ("Pigment paste", "320649"), ("Resin hardener", "381519"))


@dataclass
class Firm:
    """A firm while the world is made."""

    id: HolderId
    party: Party
    founded: date
    traits: set[str]
    scale: float = 1.0
    yearly: dict[SubstanceId, int] = field(default_factory=dict)
    licensed: bool = True


@dataclass(frozen=True)
class Case:
    """Something planted: its kind, and the consignments or the holder that it is in."""

    kind: str
    consignments: frozenset[ConsignmentId]
    holder: str = ""


@dataclass(frozen=True)
class World:
    """What the checks see, and what is true."""

    trade: Trade
    cases: tuple[Case, ...]
    identify: ListIdentify
    thresholds: str
    """What the schedules of the two states say, as the file of thresholds has it."""


class Maker:
    """Makes one world from one seed."""

    def __init__(self, seed: int, *, firms: int = 70, planted: int = 10) -> None:
        self.draw = random.Random(seed)
        self.firms, self.planted = firms, planted
        self.people: dict[Party, dict[str, list[Firm]]] = {}
        self.outward: dict[ConsignmentId, Consignment] = {}
        self.inward: dict[ConsignmentId, Consignment] = {}
        self.cases: list[Case] = []
        self.refused: set[str] = set()
        self.number = 0
        self.walk: dict[tuple[SubstanceId, int], float] = {}
        self.strike = (date(2025, 3, 1) + timedelta(days=self.draw.randrange(200)), self.draw.randrange(15, 50))

    # --- firms ---

    def firm(self, party: Party, role: str, founded: date) -> Firm:
        self.number += 1
        name = HolderId(f"{party}-{role}{self.number:04}")
        traits = {
            f"phone:{party}{self.number}",
            f"address:{party} street {self.number}",
            f"owner:p{party}{self.number}",
        }
        return Firm(name, party, founded, traits, scale=math.exp(self.draw.gauss(0, 0.7)))

    def make_firms(self) -> None:
        for party in SIDES:
            buyers = [
                self.firm(party, "b", BEGIN - timedelta(days=self.draw.randrange(200, 9000))) for _ in range(self.firms)
            ]
            sellers = [self.firm(party, "s", BEGIN - timedelta(days=self.draw.randrange(900, 9000))) for _ in range(12)]
            for _ in range(self.firms // 12):  # groups with branches
                for one in self.draw.sample(buyers, self.draw.randrange(2, 5)):
                    one.traits.add(f"owner:group {party} {self.number}")
                self.number += 1
            for building in range(2):
                for one in self.draw.sample(buyers, min(16, self.firms)):
                    one.traits.add(f"address:{party} tower {building}")
            for pair in range(3):  # two firms with one accountant's telephone
                for one in self.draw.sample(buyers, 2):
                    one.traits.add(f"phone:{party} accountant {pair}")
            for one in buyers:
                one.licensed = self.draw.random() < 0.72
            self.people[party] = {"buyers": buyers, "sellers": sellers}
            self.refused |= {f"phone:{party} refused {n}" for n in range(6)} | {
                f"address:{party} refused {n}" for n in range(4)
            }
            for one in self.draw.sample(buyers, 1):  # an honest firm that moved in where a refused one was
                one.traits.add(f"address:{party} refused 0")

    # --- one consignment ---

    def price(self, good: Good, day: date, grams: int) -> float:
        """Return minor units for a kilogram: level, drift, quantity, noise; purer packs cost more."""
        quarter = day.year * 4 + (day.month - 1) // 3
        if (good.id, quarter) not in self.walk:
            self.walk[good.id, quarter] = self.walk.get((good.id, quarter - 1), 0.0) + self.draw.gauss(0.008, 0.05)
        level = math.log(good.price * 100) + self.walk[good.id, quarter] - 0.06 * math.log(grams / 1000 / good.lot_kg)
        level += self.draw.gauss(0, 0.1)
        if grams < 8_000 and self.draw.random() < 0.3:
            level += math.log(self.draw.uniform(1.3, 4))
        return math.exp(level)

    def way(self, seller: Firm, day: date) -> tuple[str, tuple[str, ...]]:
        """Return departure and transit: the seller's usual way, a hub more or less, a strike, rarely a free port."""
        usual = HUBS[int(seller.id[-1]) % 3]
        begun, length = self.strike
        chance = self.draw.random()
        if begun <= day < begun + timedelta(days=length) and chance < 0.6:
            return seller.party, (HUBS[3],)
        if chance < 0.3:
            return seller.party, ()
        if chance < 0.34:
            return seller.party, (usual, self.draw.choice(HUBS))
        if chance < 0.35:
            return seller.party, (FREE[0],)
        if chance < 0.36:
            return self.draw.choice(ELSEWHERE), (usual,)
        return seller.party, (usual,)

    def text(self, good: Good) -> str:
        name = self.draw.choice(good.names)
        if self.draw.random() < 0.04:  # a slip of the pen
            at = self.draw.randrange(len(name))
            name = name[:at] + self.draw.choice("abcdefgh") + name[at + 1 :]
        return self.draw.choice(("{}", "{}, technical grade", "{} min. 99 %", "drums of {}")).format(name)

    def consignment(
        self, seller: Firm, buyer: Firm, good: Good, day: date, grams: int, *, permit: bool | None = None
    ) -> Consignment:
        self.number += 1
        departure, via = self.way(seller, day)
        origin = seller.party if self.draw.random() < 0.95 else self.draw.choice(ELSEWHERE)
        chance, number = self.draw.random(), good.cas
        if chance < 0.15:
            number = ""
        elif chance < 0.153:
            number = number[:-1] + str((int(number[-1]) + 1) % 10)
        hs6 = good.basket if self.draw.random() < 0.03 else good.hs6
        if self.draw.random() < 0.004:
            hs6 = self.draw.choice(GOODS).hs6
        needs = grams > good.free_grams or buyer.licensed
        one = Consignment(
            ConsignmentId(f"C{self.number:06}"), seller.party, seller.party, buyer.party, good.id, self.text(good), number, hs6,
            seller.id, buyer.id, origin, departure, via, day, Grams(grams),
            max(1, round(self.price(good, day, grams) * grams / 1000)), CURRENCY[seller.party],
            f"P{self.number}" if (needs if permit is None else permit) else "",
        )  # fmt: skip
        self.outward[one.id] = one
        self.declare_import(one)
        return one

    def declare_import(self, one: Consignment) -> None:
        """Write the importer's declaration, with the faults that honest ones have."""
        arrival = one.day + timedelta(days=max(6, round(self.draw.gauss(32, 8))))
        grams = one.grams * (1 + self.draw.gauss(0, 0.003))
        chance = self.draw.random()
        if chance < 0.05:
            grams *= 1 + self.draw.uniform(0.005, 0.04)  # packing
        elif chance < 0.0515:
            grams = one.grams * self.draw.choice((0.1, 10, 0.9))  # a slip at the keyboard
        if arrival > UNTIL or self.draw.random() < 0.002:
            return
        hs6 = self.draw.choice(GOODS).basket if self.draw.random() < 0.004 else one.hs6
        self.inward[one.id] = replace(
            one, declared_by=one.to_party, day=arrival, grams=Grams(max(1, round(grams))), hs6=hs6
        )

    # --- honest trade ---

    def lot(self, good: Good, buyer: Firm) -> int:
        return max(500, round(good.lot_kg * 1000 * buyer.scale * math.exp(self.draw.gauss(0, 0.25))))

    def orders(self, buyer: Firm, begin: date, end: date, sellers: list[Firm], goods: list[Good]) -> None:
        """Write what a firm buys: by the season, with growth, from its sellers."""
        for good in goods:
            chosen = self.draw.sample(sellers, self.draw.randrange(1, 4))
            rate, phase, growth = self.draw.uniform(1.5, 9), self.draw.uniform(0, 6.28), self.draw.gauss(0.04, 0.15)
            small = good.free_grams * self.draw.uniform(0.02, 0.4)
            day, weights = begin, 0
            while (day := day + timedelta(days=max(2, round(self.draw.expovariate(rate / 365))))) <= end:
                if self.draw.random() > 0.65 + 0.35 * math.sin(2 * math.pi * day.timetuple().tm_yday / 365 + phase):
                    continue
                grams = self.lot(good, buyer) if buyer.licensed else small * math.exp(self.draw.gauss(0, 0.35))
                grams *= (1 + growth) ** ((day - begin).days / 365)
                one = self.consignment(self.draw.choice(chosen), buyer, good, day, min(round(grams), 60_000_000))
                weights += one.grams
            years = max(0.7, (end - begin).days / 365)
            if buyer.licensed:
                buyer.yearly[good.id] = round(
                    weights / years * self.draw.uniform(1.6, 3.2) + good.lot_kg * 1000 * buyer.scale
                )

    def make_trade(self) -> None:
        for party, other in (SIDES, SIDES[::-1]):
            sellers = self.people[other]["sellers"]
            for buyer in self.people[party]["buyers"]:
                self.orders(buyer, BEGIN, UNTIL, sellers, self.draw.sample(GOODS, self.draw.choice((1, 1, 2))))
            for _ in range(12):  # honest firms that are new, some young, some large
                begin = date(2024, 2, 1) + timedelta(days=self.draw.randrange(740))
                age = self.draw.choice((60, 200, 400, 900, 3000)) + self.draw.randrange(90)
                firm = self.firm(party, "n", begin - timedelta(days=age))
                self.people[party]["buyers"].append(firm)
                self.orders(firm, begin, UNTIL, sellers, self.draw.sample(GOODS, 1))

    # --- what is planted ---

    def planted_day(self) -> date:
        return PLANT_FROM + timedelta(days=self.draw.randrange((PLANT_UNTIL - PLANT_FROM).days))

    def pair(self) -> tuple[Firm, Firm]:
        party, other = self.draw.choice((SIDES, SIDES[::-1]))
        return self.draw.choice(self.people[other]["sellers"]), self.draw.choice(self.people[party]["buyers"])

    def honest(self, *, declared: bool = False) -> Consignment:
        """Return an honest consignment of the last year that nothing was planted in, to be spoiled."""
        taken = {number for case in self.cases for number in case.consignments}
        while True:
            one = self.draw.choice(list(self.outward.values()))
            if PLANT_FROM <= one.day <= PLANT_UNTIL and one.id not in taken and (not declared or one.id in self.inward):
                return one

    def spoil(self, kind: str, one: Consignment, **changed: object) -> None:
        """Change both declarations of a consignment."""
        for sheet in (self.outward, self.inward):
            if one.id in sheet:
                sheet[one.id] = replace(sheet[one.id], **changed)
        self.cases.append(Case(kind, frozenset({one.id})))

    def plant_splitting(self) -> None:
        seller, like = self.pair()
        good, start, length = self.draw.choice(GOODS), self.planted_day(), self.draw.randrange(12, 75)
        ring = [
            self.firm(like.party, "r", start - timedelta(days=self.draw.randrange(40, 4000)))
            for _ in range(self.draw.randrange(3, 8))
        ]
        shared = [f"{self.draw.choice(('phone', 'address', 'owner'))}:ring {self.number} {n}" for n in range(2)]
        for one in ring:
            one.licensed = False
            if self.draw.random() < 0.92:  # some kept apart well enough
                one.traits.add(self.draw.choices(shared, (4, 1))[0])
        ring[0].traits |= set(shared)
        self.people[like.party]["buyers"] += ring
        total, sent, numbers = good.free_grams * self.draw.uniform(1.4, 5), 0, set()
        while sent < total:
            grams = round(good.free_grams * self.draw.uniform(0.2, 0.93))
            day = start + timedelta(days=self.draw.randrange(length))
            one = self.consignment(seller, self.draw.choice(ring), good, day, grams, permit=False)
            numbers.add(one.id)
            sent += grams
        self.cases.append(Case("splitting", frozenset(numbers)))

    def plant_mirror(self) -> None:
        one = self.honest(declared=True)
        self.cases.append(Case("mirror", frozenset({one.id})))
        if self.draw.random() < 0.3:
            del self.inward[one.id]
        else:
            part = 1 - self.draw.uniform(0.06, 0.6)
            self.inward[one.id] = replace(self.inward[one.id], grams=Grams(max(1, round(one.grams * part))))

    def plant_description(self) -> None:
        one = self.honest()
        good = next(good for good in GOODS if good.id == one.substance)
        other = self.draw.choice([other for other in GOODS if other is not good])
        text, code = self.draw.choice(OTHER_GOODS)
        ways: tuple[tuple[float, dict[str, object]], ...] = (
            (3, {"hs6": code, "text": text}),
            (3, {"hs6": other.hs6}),
            (2, {"text": other.names[0], "hs6": other.hs6}),
            (2, {"cas": other.cas}),
            (1, {"text": other.names[0], "hs6": other.hs6, "cas": other.cas}),
            (1, {"text": text, "hs6": code, "cas": "", "substance": SubstanceId("")}),  # nothing left that tells
        )
        self.spoil("description", one, **self.draw.choices([way for _, way in ways], [weight for weight, _ in ways])[0])

    def plant_newcomer(self) -> None:
        seller, like = self.pair()
        good, day = self.draw.choice(GOODS), self.planted_day()
        firm = self.firm(like.party, "x", day - timedelta(days=self.draw.randrange(20, 500)))
        if self.draw.random() < 0.7:
            firm.traits.add(self.draw.choice(sorted(trait for trait in self.refused if like.party in trait)))
        self.people[like.party]["buyers"].append(firm)
        grams = round(good.lot_kg * 1000 * self.draw.uniform(1.5, 12))
        orders = [
            self.consignment(
                seller, firm, good, day + timedelta(days=n * self.draw.randrange(9, 40)), grams, permit=True
            )
            for n in range(self.draw.randrange(1, 3))
        ]
        self.cases.append(Case("newcomer", frozenset(one.id for one in orders)))

    def plant_price(self) -> None:
        one = self.honest()
        times = self.draw.uniform(0.12, 0.58) if self.draw.random() < 0.6 else self.draw.uniform(1.8, 6)
        self.spoil("price", one, value_minor=max(1, round(one.value_minor * times)))

    def plant_route(self) -> None:
        one = self.honest()
        odd = self.draw.sample(("free", "departure", "places", "origin"), self.draw.choice((2, 2, 3, 4)))
        via = one.via + ((self.draw.choice(FREE),) if "free" in odd else ())
        via += tuple(self.draw.sample(HUBS, 2)) if "places" in odd else ()
        departure = self.draw.choice(ELSEWHERE) if "departure" in odd else one.departure
        origin = self.draw.choice(ELSEWHERE) if "origin" in odd else one.origin
        self.spoil("route", one, via=via, departure=departure, origin=origin)

    def plant_need(self) -> None:
        while not (buyer := self.draw.choice(self.people[self.draw.choice(SIDES)]["buyers"])).yearly:
            pass
        seller = self.draw.choice(self.people[SIDES[buyer.party == SIDES[0]]]["sellers"])
        good = next(good for good in GOODS if good.id in buyer.yearly)
        grams = round(buyer.yearly[good.id] * self.draw.uniform(0.8, 12))
        one = self.consignment(seller, buyer, good, self.planted_day(), grams, permit=True)
        self.cases.append(Case("need", frozenset({one.id})))

    # --- registers ---

    def registers(self) -> tuple[list[Movement], list[Stock]]:
        """Write registers and quarterly counts of licensed buyers; what was planted in declarations is not in them."""
        by_holder: dict[tuple[Party, HolderId, SubstanceId], list[Consignment]] = defaultdict(list)
        buyers = {one.id for side in self.people.values() for one in side["buyers"] if one.licensed and one.yearly}
        movements, stocks = [], []
        for one in self.outward.values():
            movements.append(
                Movement(
                    f"e{one.id}",
                    one.from_party,
                    one.exporter,
                    one.substance,
                    Flow.EXPORT,
                    one.grams,
                    one.day,
                    one.id,
                    one.consignee,
                )
            )
            if one.consignee in buyers and one.id in self.inward:
                by_holder[one.to_party, one.consignee, one.substance].append(self.inward[one.id])
        robbed = set(self.draw.sample(sorted(by_holder), min(self.planted, len(by_holder))))
        for (party, holder, substance), taken in sorted(by_holder.items()):
            self.register(
                party, holder, substance, taken, movements, stocks, robbed=(party, holder, substance) in robbed
            )
        return movements, stocks

    def register(
        self, party: Party, holder: HolderId, substance: SubstanceId, taken: list[Consignment],
        movements: list[Movement], stocks: list[Stock], *, robbed: bool,
    ) -> None:  # fmt: skip
        """Write one register: what came, what was used up, small losses; a robbed one lacks 5 % of what it had, unsaid."""
        ends = [date(2025, month, 1) - timedelta(days=1) for month in (4, 7, 10)] + [
            date(2026, month, 1) - timedelta(days=1) for month in (1, 4, 7)
        ]
        stock = round(sum(one.grams for one in taken) / 3 * self.draw.uniform(0.1, 0.5)) + 20_000
        before, theft_at = date(2024, 12, 31), self.draw.choice(ends[1:]) if robbed else None
        stocks.append(Stock(party, holder, substance, before, Grams(stock)))
        for end in ends:
            came = [one for one in taken if before < one.day <= end]
            movements += [
                Movement(
                    f"i{one.id}",
                    party,
                    holder,
                    substance,
                    Flow.IMPORT,
                    one.grams,
                    one.day,
                    one.id,
                    one.exporter,
                )
                for one in came
            ]
            had = stock + sum(one.grams for one in came)
            use, loss = round(had * self.draw.uniform(0.2, 0.7)), round(had * self.draw.uniform(0, 0.004))
            name = f"{holder}{substance}{end}"
            if use:
                movements.append(Movement(f"u{name}", party, holder, substance, Flow.USE, Grams(use), end))
            if loss:
                movements.append(Movement(f"l{name}", party, holder, substance, Flow.LOSS, Grams(loss), end))
            stock = had - use - loss
            if end == theft_at:
                stock -= had * 5 // 100
                self.cases.append(Case("ledger", frozenset(), f"{party} {holder} {substance} {end}"))
            counted = max(0, round(stock + self.draw.gauss(0, 0.0025) * had))
            stocks.append(Stock(party, holder, substance, end, Grams(counted)))
            stock, before = counted, end

    # --- the whole ---

    def world(self) -> World:
        self.make_firms()
        self.make_trade()
        for kind in (self.plant_splitting, self.plant_need, self.plant_newcomer, self.plant_mirror, self.plant_description, self.plant_price, self.plant_route):  # fmt: skip
            for _ in range(self.planted):
                kind()
        movements, stocks = self.registers()
        firms = [firm for side in self.people.values() for role in side.values() for firm in role]
        holders = tuple(
            LicenceHolder(
                one.id, one.party, one.founded, tuple(sorted(one.traits)),
                tuple(sorted((key, Grams(value)) for key, value in one.yearly.items())),
            )
            for one in firms
        )  # fmt: skip
        trade = Trade(
            UNTIL,
            tuple(movements),
            tuple(stocks),
            holders,
            (*self.outward.values(), *self.inward.values()),
            frozenset(self.refused),
        )
        listed = (Listed(good.id, good.names, (good.cas,), (good.hs6, good.basket)) for good in GOODS)
        return World(trade, tuple(self.cases), ListIdentify.of(listed), _schedules())


def _schedules() -> str:
    quantities = "".join(f"{good.id} = {good.free_grams}\n" for good in GOODS)
    zones = ", ".join(f'"{code}"' for code in FREE)
    tables = "".join(
        f'[schedule.{side.lower()}]\nsource = "schedule of {side}"\n[schedule.{side.lower()}.maximum_grams]\n{quantities}'
        for side in SIDES
    )
    return f"[free_zones]\ncodes = [{zones}]\n{tables}"
