"""What a plan leaves out: the model writes sections, key, tempo and chords before any note."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..chord import Chord
from ..constraints.pitchset import Mask
from ..key import Key
from ..plan import ChordAt, Plan
from ..plan_length import solved_tempo
from ..spelling import spell_chord
from ..tokens.vocabulary import section_label, tempo_step
from .cadences import approaches, every_chord, own_chords, resolving, usual
from .chart_bars import BEFORE, LAST, ChartBar, Spot, chart_bars
from .chart_document import ChartDocument
from .chart_plan import charted, numbered
from .chart_rules import ChartRules, chart_rules, check_harmony, possible_keys
from .idiom import (
    FIRST_SECTIONS,
    LONGEST_CHORD,
    PHRASE,
    cadence_chords,
    chords_of_key,
    longest_section,
    next_sections,
    resolution,
)
from .opening_key import opening_key
from .sampler import Model, Sampling

_TEMPOS = (76.0, 84.0, 92.0, 100.0, 108.0, 116.0, 126.0)

# Styles whose own pieces carry few or no written chords take their harmony from chord charts.
_CHART_STYLE = {"game": "chart", "drums": "chart"}


def complete(plan: Plan, model: Model, sampling: Sampling, rng: np.random.Generator) -> Plan:
    """The plan with sections, key, tempo and chords all stated; what was stated stays as it was."""
    check_harmony(plan)
    if plan.tempo is None:
        plan = replace(plan, tempo=_tempo(plan, rng))
    if plan.key is None:
        stated = opening_key(plan)
        plan = plan if stated is None else replace(plan, key=stated)
    if plan.is_complete and not plan.open_form:
        return plan
    return _Chart(numbered(plan) if plan.open_form else plan, model, sampling, rng).write()


def _tempo(plan: Plan, rng: np.random.Generator) -> float:
    if plan.sections[0].tempo is not None:
        return plan.sections[0].tempo
    return float(rng.choice(_TEMPOS)) if plan.length is None else solved_tempo(plan)


class _Chart:
    """A plan document being written: stated parts are forced, open ones sampled."""

    def __init__(
        self, plan: Plan, model: Model, sampling: Sampling, rng: np.random.Generator
    ) -> None:
        self.plan, self.rng = plan, rng
        self.document = ChartDocument(model, sampling, rng)
        self.v = self.document.v
        self.key = plan.key or Key()
        self.held: Chord | None = None
        self.held_bars = 0
        self.sections: list[tuple[str, int]] = []  # label and first bar of each so far
        self.rules = ChartRules((), ())
        self.goals: dict[int, list[Chord]] = {}  # open bar -> the chords that it may end with

    def write(self) -> Plan:
        """The completed plan."""
        style = _CHART_STYLE.get(self.plan.style, self.plan.style)
        for token in (self.v.id("BOS"), self.v.id("Style", style), self.v.id("Plan")):
            self.document.put(token)
        bars = chart_bars(self.plan)
        before: list[Chord | None] = []  # what is held as each bar begins
        for index in range(len(bars)):
            self.document.put(self.v.id("Bar"))
            self.document.put(self.v.id("Ahead"))
            label = self._section(bars, index)
            if label is not None:
                self._begin(bars, index, label)
            bars = self._key(bars, index)
            bar = bars[index]
            self.document.put(self.v.id("TimeSig", str(bar.meter)))
            if bar.model is not None and bar.section is not None:
                self.held = before[bar.model]
            before.append(self.held)
            given = self._given(bars, index)
            if given is not None:
                self._stated(bars, index, given)
            elif (ends := self._ends(bars, index)) is not None:
                self._lead(bars, index, ends)
            else:
                self._chords(bars, index)
            self.document.tick += bar.meter.ticks
        return charted(self.plan, bars, self.sections, self.rng)

    def _section(self, bars: list[ChartBar], index: int) -> str | None:
        """Write a section's start where the plan has one, or where an open form wants one."""
        bar, left = bars[index], len(bars) - index
        start, stop = self.v.spans["Section"]
        if not self.plan.open_form:
            if bar.section is None:
                return None
            self.document.put(self.v.id("Section", section_label(bar.section)))
            return bar.section
        if index % PHRASE or (index > 0 and left < PHRASE):
            return None
        mask = np.zeros(len(self.v), bool)
        names: Sequence[str] = FIRST_SECTIONS
        goes_on = False
        if self.sections:
            label, begin = self.sections[-1]
            names = [name for name in next_sections(label, left) if self._may_come(bars, name)]
            goes_on = index - begin < longest_section(label) or not names
        mask[[self.v.id("Section", name) for name in names]] = True
        mask[self.v.id("TimeSig", str(bar.meter))] = goes_on
        token = self.document.look(mask)
        if not start <= token < stop:
            return None
        self.document.put(token)
        return str(self.v.value(token))

    def _may_come(self, bars: list[ChartBar], label: str) -> bool:
        """Whether the chord a section begins with, if it has been heard, may follow the held one.

        What an applied dominant resolves to must come; a root must not stay too long.
        """
        heard = self._heard(label, len(bars))
        if not heard or self.held is None:
            return True
        root = bars[heard[0]].written[0].chord.root_class
        goal = resolution(self.key, self.held.root_class, self.held.quality)
        if goal is not None:
            return root == goal
        if root != self.held.root_class:
            return True
        return self.held_bars + self._stay(bars[heard[0] :], root) <= LONGEST_CHORD

    def _heard(self, label: str, stop: int) -> range:
        """The bars of the first section of a name, up to `stop` at most; none before it came."""
        ends = [*(begin for _, begin in self.sections[1:]), stop]
        spans = zip(self.sections, ends, strict=False)
        return next((range(begin, end) for (name, begin), end in spans if name == label), range(0))

    @staticmethod
    def _stay(bars: list[ChartBar], root: int) -> int:
        """In how many bars from the first on a root stays."""
        for count, bar in enumerate(bars):
            if any(at.chord.root_class != root for at in bar.written):
                return count + (bar.written[0].chord.root_class == root)
        return len(bars)

    def _begin(self, bars: list[ChartBar], index: int, label: str) -> None:
        """Begin a section; in an open form one that was heard before has the chords it had.

        The last two bars of the piece are free to cadence.
        """
        if self.plan.open_form:
            heard = self._heard(label, index)
            for place in range(index, len(bars)):
                back = place - index < len(heard) and len(bars) - place > 2
                bars[place].model = heard[place - index] if back else None
        self.sections.append((label, index))

    def _key(self, bars: list[ChartBar], index: int) -> list[ChartBar]:
        """Write the key and tempo that begin with a bar; choose the first key if it is open.

        Returns the bars, with the keys that follow from the first.
        """
        if index == 0 and bars[0].key is None:
            self.plan = replace(self.plan, key=self._first_key())
            bars = chart_bars(self.plan)
        elif (key := bars[index].key) is not None:
            self.document.put(self.v.id("KeyTonic", key.tonic_class))
            self.document.put(self.v.id("KeyMode", key.mode))
        if index == 0:
            self.rules = chart_rules(self.plan, bars)
        self.key = bars[index].key or self.key
        tempo = bars[index].tempo
        if tempo is not None:
            self.document.put(self.v.start("Tempo") + tempo_step(tempo))
        return bars

    def _first_key(self) -> Key:
        """Draw the key, major or minor, among those in which the rules can be kept."""
        keys = {(key.tonic_class, key.mode) for key in possible_keys(self.plan)}
        mask = np.zeros(len(self.v), bool)
        mask[[self.v.id("KeyTonic", tonic) for tonic, _ in sorted(keys)]] = True
        tonic = int(str(self.v.value(self.document.draw(mask))))
        mask = np.zeros(len(self.v), bool)
        mask[[self.v.id("KeyMode", mode) for held, mode in sorted(keys) if held == tonic]] = True
        return Key.from_class(tonic, str(self.v.value(self.document.draw(mask))))

    def _stated(self, bars: list[ChartBar], index: int, chords: Sequence[ChordAt]) -> None:
        """Write a bar's given chords, beginning with the one that goes on from before.

        Where there is a choice it is drawn.
        """
        if self.held is not None and not any(at.tick == 0 for at in chords):
            self.document.put_chord(self.held, 0)
            self._hold(self.held, 0)
        follows = [self.v.start("Position") + at.tick for at in chords[1:]] + [self.v.id("Bar")]
        for place, (at, then) in enumerate(zip(chords, follows, strict=False)):
            chord = at.chord
            if at.others:
                spot = Spot(index, place)
                options = resolving(self.rules.allowed(spot, at.options), self.key, self.held)
                chord = self.document.draw_chord(options, at.tick, then)
                self.rules.fix(spot, chord)
            else:
                self.document.put_chord(chord, at.tick)
            bars[index].written.append(ChordAt(at.tick, chord))
            self._hold(chord, at.tick)

    def _hold(self, chord: Chord, at: int) -> None:
        stays = self.held is not None and self.held.root_class == chord.root_class
        self.held_bars = self.held_bars + (at == 0) if stays else 1
        self.held = chord

    def _given(self, bars: list[ChartBar], index: int) -> Sequence[ChordAt] | None:
        """The chords of a bar that are not for the model to choose: stated or taken over."""
        if index >= len(bars):
            return None
        bar = bars[index]
        if bar.chords is not None:
            return bar.chords
        if self.plan.open_form and self.rules.touches(index):
            return None
        if bar.model is not None:
            return bars[bar.model].written
        if self.rules.touches(index):
            return None
        earlier = self._period(bars, index)
        return None if earlier is None else earlier.written

    def _period(self, bars: list[ChartBar], index: int) -> ChartBar | None:
        """The bar whose harmony this one takes up: a period's second phrase begins as its first.

        Bars 5 and 6 of eight repeat bars 1 and 2; the last two bars of a piece are free to cadence.
        """
        place = (index - self.sections[-1][1]) % (2 * PHRASE)
        if place not in (PHRASE, PHRASE + 1) or len(bars) - index <= 2:
            return None
        earlier = bars[index - PHRASE]
        return earlier if earlier.meter == bars[index].meter and earlier.written else None

    def _ends(self, bars: list[ChartBar], index: int) -> list[Chord] | None:
        """The chords that an open bar must end with; before a cadence, those that lead to it.

        None where nothing is asked of it.
        """
        spot, ahead = Spot(index, LAST), index + 1
        ends = None
        if self.rules.touches(index):
            ends = self.rules.allowed(spot, every_chord(self.key))
        if ahead == len(bars) or self._given(bars, ahead) is not None:
            return ends
        cadences = self.rules.cadences_at(ahead)
        if not cadences or not self.rules.across(ahead):
            return ends
        held = bars[ahead].held or self.key
        goals = self.rules.allowed(Spot(ahead, LAST), every_chord(held))
        leading = [
            chord
            for chord in ends or every_chord(self.key)
            if all(d.kind and approaches(d.kind, chord, held) for d in cadences)
            and any(goal.root_class != chord.root_class for goal in goals)
        ]
        return leading or ends

    def _lead(self, bars: list[ChartBar], index: int, ends: list[Chord]) -> None:
        """Write an open bar that must end with one of some chords.

        It has this chord alone where it may follow the one before the bar, else another one first.
        """
        bar, rules, key = bars[index], self.rules, self.key
        last, before = Spot(index, LAST), Spot(index, BEFORE)
        roots = self._next_roots(bars, index)
        ends = usual(ends, key, roots, plain=index + 1 == len(bars))
        held = self.held if self.held is not None and rules.across(index) else Chord.none()
        direct = [chord for chord in ends if rules.fits({last: chord, before: held})]
        moving = [chord for chord in direct if self.held_bars < LONGEST_CHORD
                  or self.held is None or chord.root_class != self.held.root_class]  # fmt: skip
        direct = resolving(moving or direct, key, self.held, strict=True)
        onset, end = 0, self.v.id("Bar")
        if not direct:
            every = every_chord(key)
            pairs = self._pairs(index, own_chords(key, every), ends)
            pairs = pairs or self._pairs(index, every, ends)
            firsts = [
                first
                for first, found in pairs.items()
                if resolution(key, first.root_class, first.quality)
                in (None, *(chord.root_class for chord in found))
            ]
            firsts = resolving(firsts or list(pairs), key, self.held)
            beats = bar.meter.beats
            onset = beats[len(beats) // 2] if len(beats) > 1 else bar.meter.ticks // 2
            held = self.document.draw_chord(firsts, 0, self.v.start("Position") + onset)
            bar.written.append(ChordAt(0, held))
            self._hold(held, 0)
            direct = resolving(pairs[held], key, held)
        chord = self.document.draw_chord(direct, onset, end)
        bar.written.append(ChordAt(onset, chord))
        self._hold(chord, onset)
        rules.fix(last, chord)
        if not held.is_none and held.root_class != chord.root_class:
            rules.fix(before, held)

    def _pairs(
        self, index: int, firsts: Sequence[Chord], ends: Sequence[Chord]
    ) -> dict[Chord, list[Chord]]:
        """Chords that an open bar may begin with, and those that it may then end with."""
        pairs = {
            first: [
                chord
                for chord in ends
                if chord.root_class != first.root_class
                and self.rules.fits({Spot(index, LAST): chord, Spot(index, BEFORE): first})
            ]
            for first in firsts
        }
        return {first: found for first, found in pairs.items() if found}

    def _next_roots(self, bars: list[ChartBar], index: int) -> set[int]:
        """The roots that the bar after an open one may begin with."""
        if index + 1 == len(bars):
            return set()
        given = self._given(bars, index + 1)
        if given is None and self.rules.touches(index + 1):
            held = bars[index + 1].held or self.key
            ends = self.rules.allowed(Spot(index + 1, LAST), every_chord(held))
            return {chord.root_class for chord in ends}
        return self._onward(bars, index)[1]

    def _chords(self, bars: list[ChartBar], index: int) -> None:
        """Sample a bar's chords: one on the downbeat, more on beats; at last a cadence."""
        bar, left = bars[index], len(bars) - index
        v, key = self.v, self.key
        if left == 1:
            third = "min" if key.scale[2] == (key.tonic_class + 3) % 12 else "maj"
            chord = Chord(key.tonic, third)
            self.document.put_chord(chord, 0)
            bar.written.append(ChordAt(0, chord))
            self._hold(chord, 0)
            return
        positions = v.start("Position")
        self.document.put(positions)
        chords, goals = self._onward(bars, index)
        beats = np.zeros(len(v), bool)
        beats[[positions + beat for beat in bar.meter.beats]] = True
        while True:
            at = self.document.grammar.position
            root = self.document.draw(self._roots(set(chords), at), at)
            names = chords_of_key(key) | chords
            quality = self.document.draw(self._qualities(names, int(str(v.value(root))), goals), at)
            chord = spell_chord(int(str(v.value(root))), str(v.value(quality)), key=key)
            goal = resolution(key, chord.root_class, chord.quality)
            if goal is not None and goal not in chords:
                beats[:] = False  # it resolves in the next bar
            mask = (beats | v.mask("ChordBass")) & self.document.grammar.allowed()
            mask[v.id("ChordBass", chord.root_class)] = False
            mask[v.id("Bar")] = True
            token = self.document.look(mask)
            if v.type(token) == "ChordBass":
                self.document.put(token, at)
                bass = int(str(v.value(token)))
                chord = spell_chord(chord.root_class, chord.quality, bass, key)
                mask = (beats & self.document.grammar.allowed()) | (
                    np.arange(len(v)) == v.id("Bar")
                )
                token = self.document.look(mask)
            if not bar.written or bar.written[-1].chord != chord:
                bar.written.append(ChordAt(at, chord))
            self._hold(chord, at)
            if v.type(token) != "Position":
                return
            self.document.put(token, token - positions)

    def _onward(
        self, bars: list[ChartBar], index: int
    ) -> tuple[dict[int, tuple[str, ...]], set[int]]:
        """The chords a bar may have, and the roots that the next bar may begin with.

        The first lead to the last chord, and do not make one root stay too long together with given
        chords that follow; the second are what applied dominants of this bar may resolve to.
        """
        left = len(bars) - index
        chords = cadence_chords(self.key) if left == 2 else chords_of_key(self.key)
        following = bars[index + 1]
        if following.key is not None and following.key != self.key:
            return chords, set()
        given = self._given(bars, index + 1)
        if given is None:
            free = {2: {self.key.tonic_class}, 3: set(cadence_chords(self.key))}
            goals = free.get(left, set(chords_of_key(self.key)))
            return chords, goals - {self._crowded(bars, index + 1, 0)}
        if not given or given[0].tick > 0 or given[0].chord.is_none:
            return chords, set()
        if given[0].others:
            options = self.rules.allowed(Spot(index + 1, 0), given[0].options)
            return chords, {chord.root_class for chord in options}
        ahead = given[0].chord.root_class
        stays = self.held_bars if self.held is not None and self.held.root_class == ahead else 0
        if self._crowded(bars, index, stays) is not None and len(chords) > 1:
            chords = {root: names for root, names in chords.items() if root != ahead}
        return chords, {ahead}

    def _crowded(self, bars: list[ChartBar], index: int, stays: int) -> int | None:
        """The root that would stay too long with the given chords after a bar, if the bar had it.

        stays: in how many bars before the bar the root has been.
        """
        given = self._given(bars, index + 1)
        if not given or given[0].tick > 0 or given[0].chord.is_none or given[0].others:
            return None
        ahead = given[0].chord.root_class
        later = [at.chord.root_class for at in self._given(bars, index + 2) or ()]
        goes_on = later[:1] == [ahead] and all(at.chord.root_class == ahead for at in given)
        return ahead if stays + 2 + goes_on > LONGEST_CHORD else None

    def _roots(self, roots: set[int], at: int) -> Mask:
        """Roots among `roots` that resolve the held chord or do not hold it too long."""
        held = self.held
        goal = None if held is None else resolution(self.key, held.root_class, held.quality)
        if goal is not None and goal in chords_of_key(self.key):
            roots = {goal}
        elif held is not None and self.held_bars + (at == 0) > LONGEST_CHORD and len(roots) > 1:
            roots = roots - {held.root_class}
        mask = np.zeros(len(self.v), bool)
        mask[[self.v.id("ChordRoot", root) for root in sorted(roots)]] = True
        return mask

    def _qualities(self, chords: dict[int, tuple[str, ...]], root: int, goals: set[int]) -> Mask:
        """A root's qualities among `chords`; applied dominants only where their goal may follow."""
        names = [
            name
            for name in chords[root]
            if (goal := resolution(self.key, root, name)) is None or goal in goals
        ]
        mask = np.zeros(len(self.v), bool)
        mask[[self.v.id("ChordQuality", name) for name in names]] = True
        return mask
