"""What a plan leaves out: the model writes sections, key, tempo and chords before any note."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..chord import Chord
from ..constraints.pitchset import Mask
from ..key import Key
from ..meter import Meter
from ..plan import ChordAt, Plan, SectionPlan
from ..spelling import spell_chord
from ..tokens.encode import chord_tokens
from ..tokens.grammar import Grammar
from ..tokens.vocabulary import section_label, tempo_step, vocabulary
from .idiom import (
    FIRST_SECTIONS,
    LONGEST_CHORD,
    PHRASE,
    cadence_chords,
    chords_of_key,
    longest_section,
    next_sections,
    resolution,
    returns_unchanged,
)
from .sampler import Model, ModelState, Sampling, sample

_TEMPOS = (76.0, 84.0, 92.0, 100.0, 108.0, 116.0, 126.0)

# Styles whose own pieces carry few or no written chords take their harmony from chord charts.
_CHART_STYLE = {"game": "chart", "drums": "chart"}

_STATE = ("Section", "KeyTonic", "KeyMode", "Tempo", "TimeSig")
"""What holds on from bar to bar, in the order of the grammar."""


def complete(plan: Plan, model: Model, sampling: Sampling, rng: np.random.Generator) -> Plan:
    """The plan with sections, key, tempo and chords all stated; what was stated stays as it was."""
    if plan.tempo is None:
        plan = replace(plan, tempo=plan.sections[0].tempo or float(rng.choice(_TEMPOS)))
    if plan.key is None:
        stated = plan.sections[0].key or key_of_chords(plan)
        plan = plan if stated is None else replace(plan, key=stated)
    if plan.is_complete and not plan.open_form:
        return plan
    chart = _Chart(plan, model, sampling, rng)
    return chart.write()


def key_of_chords(plan: Plan) -> Key | None:
    """The major or minor key that holds most tones of the stated chords; None without chords.

    The chord a section begins or ends with counts as its tonic's witness.
    """
    chords = [at.chord for s in plan.sections for bar in plan.chords_of(s) or () for at in bar]
    chords = [chord for chord in chords if not chord.is_none]
    if not chords:
        return None
    best, best_score = Key(), -1.0
    for mode in ("major", "minor"):
        for tonic in range(12):
            key = Key.from_class(tonic, mode)
            triad = {tonic, (tonic + (4 if mode == "major" else 3)) % 12}
            points = sum(
                float(np.mean([tone in key.scale for tone in chord.classes])) for chord in chords
            )
            for chord, weight in ((chords[0], 0.6), (chords[-1], 0.4)):
                points += weight * (chord.root_class == tonic and triad <= set(chord.classes))
            if points > best_score + 1e-9:
                best, best_score = key, points
    return best


@dataclass
class _Bar:
    """What the chart says of one bar."""

    meter: Meter
    section: str | None = None
    chords: tuple[ChordAt, ...] | None = None
    key: Key | None = None
    tempo: float | None = None
    model: int | None = None  # the earlier bar whose chords come back
    written: list[ChordAt] = field(default_factory=list)


class _Chart:
    """A plan document being written: stated parts are forced, open ones sampled."""

    def __init__(
        self, plan: Plan, model: Model, sampling: Sampling, rng: np.random.Generator
    ) -> None:
        self.plan, self.sampling, self.rng = plan, sampling, rng
        self.v = vocabulary()
        self.state: ModelState = model.start()
        self.context = model.context
        self.grammar = Grammar()
        self.tick = 0
        self.logits = np.zeros(len(self.v), np.float32)
        self.history: list[tuple[int, int]] = []
        self.origin = 0  # tick from which the model's window counts
        self.key = plan.key or Key()
        self.held: Chord | None = None
        self.held_bars = 0
        self.sections: list[tuple[str, int]] = []  # label and first bar of each so far
        self.model = model

    def write(self) -> Plan:
        """The completed plan."""
        style = _CHART_STYLE.get(self.plan.style, self.plan.style)
        for token in (self.v.id("BOS"), self.v.id("Style", style), self.v.id("Plan")):
            self._put(token)
        bars = self._bars()
        for index, bar in enumerate(bars):
            self._put(self.v.id("Bar"))
            self._put(self.v.id("Ahead"))
            label = self._section(bars, index)
            if label is not None:
                self._begin(bars, index, label)
            self._key(index, bar)
            self._put(self.v.id("TimeSig", str(bar.meter)))
            given = self._given(bars, index)
            if given is not None:
                self._stated(bar, given)
            else:
                self._chords(bars, index)
            self.tick += bar.meter.ticks
        return self._plan(bars)

    def _bars(self) -> list[_Bar]:
        bars: list[_Bar] = []
        meter = self.plan.meter
        begins: dict[str, int] = {}
        for section in self.plan.sections:
            meter = section.meter or meter
            chords = self.plan.chords_of(section)
            begins.setdefault(section.name, len(bars))
            for index in range(section.bars):
                bar = _Bar(meter, chords=None if chords is None else chords[index])
                if index == 0:
                    bar.section, bar.key, bar.tempo = section.name, section.key, section.tempo
                if section.reprise is not None:
                    bar.model = begins[section.reprise] + index
                bars.append(bar)
        bars[0].key = bars[0].key or self.plan.key
        bars[0].tempo = bars[0].tempo or self.plan.tempo
        return bars

    def _section(self, bars: list[_Bar], index: int) -> str | None:
        """Write a section's start where the plan has one, or where an open form wants one."""
        bar, left = bars[index], len(bars) - index
        start, stop = self.v.spans["Section"]
        if not self.plan.open_form:
            if bar.section is None:
                return None
            self._put(self.v.id("Section", section_label(bar.section)))
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
        token = sample(self.logits, mask, self.sampling, self.rng)
        if not start <= token < stop:
            return None
        self._put(token)
        return str(self.v.value(token))

    def _may_come(self, bars: list[_Bar], label: str) -> bool:
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
    def _stay(bars: list[_Bar], root: int) -> int:
        """In how many bars from the first on a root stays."""
        for count, bar in enumerate(bars):
            if any(at.chord.root_class != root for at in bar.written):
                return count + (bar.written[0].chord.root_class == root)
        return len(bars)

    def _begin(self, bars: list[_Bar], index: int, label: str) -> None:
        """Begin a section; in an open form one that was heard before has the chords it had.

        The last two bars of the piece are free to cadence.
        """
        if self.plan.open_form:
            heard = self._heard(label, index)
            for place in range(index, len(bars)):
                back = place - index < len(heard) and len(bars) - place > 2
                bars[place].model = heard[place - index] if back else None
        self.sections.append((label, index))

    def _key(self, index: int, bar: _Bar) -> None:
        """Write the key and tempo that begin with a bar; choose the first key if it is open."""
        if bar.key is not None:
            self._put(self.v.id("KeyTonic", bar.key.tonic_class))
            self._put(self.v.id("KeyMode", bar.key.mode))
        elif index == 0:
            tonic = sample(self.logits, self.v.mask("KeyTonic"), self.sampling, self.rng)
            self._put(tonic)
            modes = np.zeros(len(self.v), bool)
            modes[[self.v.id("KeyMode", "major"), self.v.id("KeyMode", "minor")]] = True
            mode = sample(self.logits, modes, self.sampling, self.rng)
            self._put(mode)
            bar.key = Key.from_class(int(str(self.v.value(tonic))), str(self.v.value(mode)))
            self.plan = replace(self.plan, key=bar.key)
        self.key = bar.key or self.key
        if bar.tempo is not None:
            self._put(self.v.start("Tempo") + tempo_step(bar.tempo))

    def _stated(self, bar: _Bar, chords: Sequence[ChordAt]) -> None:
        """Write a bar's given chords, beginning with the one that goes on from before."""
        bar.written = list(chords)
        if self.held is not None and not any(at.tick == 0 for at in chords):
            chords = (ChordAt(0, self.held), *chords)
        for at in chords:
            for token in (self.v.start("Position") + at.tick, *chord_tokens(at.chord)):
                self._put(token, at.tick)
            self._hold(at.chord, at.tick)

    def _hold(self, chord: Chord, at: int) -> None:
        stays = self.held is not None and self.held.root_class == chord.root_class
        self.held_bars = self.held_bars + (at == 0) if stays else 1
        self.held = chord

    def _given(self, bars: list[_Bar], index: int) -> Sequence[ChordAt] | None:
        """The chords of a bar that are not for the model to choose: stated or taken over."""
        if index >= len(bars):
            return None
        bar = bars[index]
        if bar.chords is not None:
            return bar.chords
        if bar.model is not None:
            return bars[bar.model].written
        earlier = self._period(bars, index)
        return None if earlier is None else earlier.written

    def _period(self, bars: list[_Bar], index: int) -> _Bar | None:
        """The bar whose harmony this one takes up: a period's second phrase begins as its first.

        Bars 5 and 6 of eight repeat bars 1 and 2; the last two bars of a piece are free to cadence.
        """
        place = (index - self.sections[-1][1]) % (2 * PHRASE)
        if place not in (PHRASE, PHRASE + 1) or len(bars) - index <= 2:
            return None
        earlier = bars[index - PHRASE]
        return earlier if earlier.meter == bars[index].meter and earlier.written else None

    def _chords(self, bars: list[_Bar], index: int) -> None:
        """Sample a bar's chords: one on the downbeat, more on beats; at last a cadence."""
        bar, left = bars[index], len(bars) - index
        v, key = self.v, self.key
        positions = v.start("Position")
        self._put(positions)
        if left == 1:
            third = "min" if key.scale[2] == (key.tonic_class + 3) % 12 else "maj"
            chord = Chord(key.tonic, third)
            for token in chord_tokens(chord):
                self._put(token)
            bar.written.append(ChordAt(0, chord))
            self._hold(chord, 0)
            return
        chords, goals = self._onward(bars, index)
        beats = np.zeros(len(v), bool)
        beats[[positions + beat for beat in bar.meter.beats]] = True
        while True:
            at = self.grammar.position
            root = self._sample(self._roots(set(chords), at), at)
            names = chords_of_key(key) | chords
            quality = self._sample(self._qualities(names, int(str(v.value(root))), goals), at)
            chord = spell_chord(int(str(v.value(root))), str(v.value(quality)), key=key)
            goal = resolution(key, chord.root_class, chord.quality)
            if goal is not None and goal not in chords:
                beats[:] = False  # it resolves in the next bar
            mask = (beats | v.mask("ChordBass")) & self.grammar.allowed()
            mask[v.id("ChordBass", chord.root_class)] = False
            mask[v.id("Bar")] = True
            token = sample(self.logits, mask, self.sampling, self.rng)
            if v.type(token) == "ChordBass":
                self._put(token, at)
                bass = int(str(v.value(token)))
                chord = spell_chord(chord.root_class, chord.quality, bass, key)
                mask = (beats & self.grammar.allowed()) | (np.arange(len(v)) == v.id("Bar"))
                token = sample(self.logits, mask, self.sampling, self.rng)
            if not bar.written or bar.written[-1].chord != chord:
                bar.written.append(ChordAt(at, chord))
            self._hold(chord, at)
            if v.type(token) != "Position":
                return
            self._put(token, token - positions)

    def _onward(self, bars: list[_Bar], index: int) -> tuple[dict[int, tuple[str, ...]], set[int]]:
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
        ahead = given[0].chord.root_class
        stays = self.held_bars if self.held is not None and self.held.root_class == ahead else 0
        if self._crowded(bars, index, stays) is not None and len(chords) > 1:
            chords = {root: names for root, names in chords.items() if root != ahead}
        return chords, {ahead}

    def _crowded(self, bars: list[_Bar], index: int, stays: int) -> int | None:
        """The root that would stay too long with the given chords after a bar, if the bar had it.

        stays: in how many bars before the bar the root has been.
        """
        given = self._given(bars, index + 1)
        if not given or given[0].tick > 0 or given[0].chord.is_none:
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

    def _sample(self, mask: Mask, at: int) -> int:
        token = sample(self.logits, mask & self.grammar.allowed(), self.sampling, self.rng)
        self._put(token, at)
        return token

    def _put(self, token: int, at: int = 0) -> None:
        self.grammar.step(token)
        self.history.append((token, self.tick + at))
        if self.state.length + 1 > self.context:
            kept = self._window()
            self.origin = kept[0][1]
            self.state = self.model.start()
            self.logits = self.state.append(
                [t for t, _ in kept], [tick - self.origin for _, tick in kept]
            )
        else:
            self.logits = self.state.append([token], [self.tick + at - self.origin])

    def _window(self) -> list[tuple[int, int]]:
        """The document as if it began at a later bar: header, the state that holds there, the rest.

        The key has to be said again: a plan that names none in its first bar is one without chords.
        """
        v, history = self.v, self.history
        opens = [i for i, (token, _) in enumerate(history) if v.type(token) == "TimeSig"]
        half = len(history) - self.context // 2
        meter = next((i for i in opens if i >= half), opens[-1])
        tick = history[meter][1]
        held = {v.type(token): token for token, _ in history[: meter + 1]}
        state = [held[kind] for kind in _STATE if kind in held]
        opening = [*(token for token, _ in history[:3]), v.id("Bar"), v.id("Ahead"), *state]
        return [(token, tick) for token in opening] + history[meter + 1 :]

    def _plan(self, bars: list[_Bar]) -> Plan:
        if not self.plan.open_form:
            return self._with_chords(bars)
        stops = [begin for _, begin in self.sections[1:]] + [len(bars)]
        sections: list[SectionPlan] = []
        for (label, begin), stop in zip(self.sections, stops, strict=True):
            chords = tuple(tuple(bar.written) for bar in bars[begin:stop])
            same = [s for s in sections if section_label(s.name) == label]
            name = f"{label} {len(same) + 1}" if same else label
            equal = same and same[0].chords == chords and stop < len(bars)
            if equal and self.rng.random() < returns_unchanged(label):
                sections.append(SectionPlan(name, stop - begin, reprise=same[0].name))
            else:
                sections.append(SectionPlan(name, stop - begin, chords))
        return replace(self.plan, sections=tuple(sections), open_form=False)

    def _with_chords(self, bars: list[_Bar]) -> Plan:
        sections, begin = [], 0
        for section in self.plan.sections:
            stop = begin + section.bars
            if section.chords is None and section.reprise is None:
                chords = tuple(tuple(bar.written) for bar in bars[begin:stop])
                section = replace(section, chords=chords)
            sections.append(section)
            begin = stop
        return replace(self.plan, sections=tuple(sections))
