"""Films a face: skin motion, openings, head, light and sensor, frame by frame.

Every pixel of a frame is looked up in the portrait once, through the composition of three backward
maps (head, skin, openings): motion of a small part of a pixel comes out as such, and nothing is
blurred twice. Forward displacements are computed on a coarse grid and inverted by fixed-point
iteration that begins at the last frame's solution.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from mespot.demo.action_units import UPPER_LIDS, face_width
from mespot.demo.events import SIDES, SMILE, Expression
from mespot.demo.glasses import Glasses
from mespot.demo.head import Head, Pose, normals
from mespot.demo.identities import MARGIN, Identity
from mespot.demo.motion import Motion
from mespot.demo.portraits import OVERSAMPLING
from mespot.demo.rig import Rig
from mespot.demo.sampling import cell, grid, sample, smoothstep
from mespot.demo.settings import NONE, VideoSettings
from mespot.demo.shots import ELSEWHERE, Shots, elsewhere
from mespot.demo.smiles import Smile, sides
from mespot.demo.things import Thing

_STEP = 4  # px between the places at which motion is computed
_ITERATIONS = 6
_DETAIL = 3  # pixels of the sampled picture per pixel of a frame, along each axis
_SPARE = 128  # px by which the bank of noise is larger than a frame
_ROOM = 4  # px around an opening's box, for the head's turn


class Renderer:
    """Makes the frames of one video."""

    def __init__(
        self,
        identity: Identity,
        settings: VideoSettings,
        rng: np.random.Generator,
        looks: np.random.Generator | None = None,
    ) -> None:
        """rng: of the camera. looks: of what is worn and held, where the settings ask for it."""
        self.size = (settings.width, settings.height)
        total = (settings.width + 2 * MARGIN, settings.height + 2 * MARGIN)
        self.identity = identity
        # Linear sampling of three times the detail is as true as cubic sampling, at half the cost.
        fine = (total[0] * _DETAIL, total[1] * _DETAIL)
        cubic = cv2.resize(identity.image, fine, interpolation=cv2.INTER_CUBIC)
        self.texture = np.clip(np.rint(cubic), 0, 255).astype(np.uint8)
        self.places = grid(total, _STEP).astype(np.float32)
        rig = Rig(identity.points[:, :2], grid(total, _STEP), identity.glasses, identity.smile)
        self.rig = rig
        self.smile = None if identity.smile is None else SmilingSkin(identity.smile, rig, fine)
        self.head = Head(identity.points, grid(total, _STEP))
        self.target = (grid(self.size, _STEP) + MARGIN).astype(np.float32)
        # Displacement of the face's places in the last frame.
        self.moved = np.zeros_like(self.places)
        self.before = self.target  # where the last frame's places were in the face at rest
        normal = normals(self.head.depth, _STEP).astype(np.float32)
        self.shade = np.ascontiguousarray(normal * self.head.follows[..., None])
        self.sensor = Sensor(identity, settings, rng)
        self.inside = _mouth_colours(identity)
        # Kept from frame to frame: new memory for each costs as much as the arithmetic on it.
        shape = (settings.height, settings.width)
        self.look = np.empty((*shape, 2), np.float32)
        self.gain = np.empty((*shape, 3), np.float32)
        self.image = np.empty((*shape, 3), np.uint8)
        self.lash_colour = _lash_colour(identity)
        self.hand_colour = 0.92 * _cheek_colour(identity)
        looks = looks or np.random.default_rng(0)
        self.thing = Thing(face_width(identity.points), looks)
        self.glasses: Glasses | None = None
        if settings.glasses != NONE and not identity.glasses:
            self.glasses = Glasses(identity.points, total, settings.glasses, _DETAIL, looks)
        self.worn = self.target  # where the last frame's places were if the head alone moves
        self.interlaced = settings.interlaced
        self.elsewhere = elsewhere(self.size, looks)

    def activations(self, script: list[Expression], motion: Motion) -> np.ndarray:
        """Activation of every channel in every frame (T, C), % of the face width."""
        n = len(motion.blink)
        total = np.zeros((n, len(self.rig.channels)))
        for channel, curve in motion.units.items():
            total[:, self.rig.channels.index(channel)] += curve
        for expression in script:
            peak = self.rig.activations(expression.units, expression.amplitude)
            total += expression.course(n)[:, None] * peak
        return total

    def frames(
        self, script: list[Expression], motion: Motion, cut: Shots | None = None
    ) -> Iterator[np.ndarray]:
        """The frames (height, width, 3) uint8 BGR. cut: how the recording is cut, if it is."""
        total = self.activations(script, motion)
        still = np.ones((*self.elsewhere.shape[:2], 3), np.float32)
        for index in range(len(total)):
            shot = 0 if cut is None else cut.number[index]
            if shot == ELSEWHERE:
                yield self.sensor.expose(self.elsewhere, still)
                continue
            framing = None if cut is None or not shot else cut.framings[shot]
            frame = self._at(total, motion, (index,), framing)
            if self.interlaced:
                # The camera reads the odd lines half a frame later.
                later = (index, min(index + 1, len(total) - 1))
                frame[1::2] = self._at(total, motion, later, framing)[1::2]
            yield frame

    def _at(
        self,
        total: np.ndarray,
        motion: Motion,
        frames: tuple[int, ...],
        framing: np.ndarray | None,
    ) -> np.ndarray:
        """The picture at the mean time of some frames."""

        def mean(curve: np.ndarray) -> np.ndarray:
            return curve[frames[0]] if len(frames) == 1 else curve[list(frames)].mean(axis=0)

        return self.frame(
            mean(total),
            mean(motion.pose),
            float(mean(motion.blink)),
            mean(motion.gaze),
            mean(motion.light),
            None if motion.hand is None else mean(motion.hand),
            None if motion.thing is None else mean(motion.thing),
            framing,
        )

    def frame(
        self,
        activation: np.ndarray,
        pose: np.ndarray,
        blink: float,
        gaze: np.ndarray,
        light: np.ndarray,
        hand: np.ndarray | None = None,
        thing: np.ndarray | None = None,
        framing: np.ndarray | None = None,
    ) -> np.ndarray:
        """One frame; the arguments are one row each of what `Motion` and `activations` hold.
        framing: (2, 3) as in `Shots`."""
        rest = self._rest(activation, pose)
        look = self.look
        cv2.resize(rest, self.size, dst=look, interpolation=cv2.INTER_LINEAR)
        layers = [self._eye(side, look, activation, blink, gaze) for side in SIDES]
        mouth = self._mouth(look, activation)
        image = sample(self.texture, look, 1 / _DETAIL, into=self.image)
        if self.smile is not None:
            self.smile.fade_in(image, rest, activation)
        for box, ball, shows, lashes in layers:
            _blend(image, box, sample(self.texture, ball, 1 / _DETAIL), shows)
            _blend(image, box, self.lash_colour, 0.8 * lashes)
        if mouth is not None:
            _blend(image, *mouth)
        if self.glasses is not None:
            self.glasses.put_on(image, self._head_alone(pose), pose)
        if hand is not None:
            self._pass(image, hand)
        if thing is not None:
            self.thing.hold(image, self._middle() + thing * 100 * self.rig.percent)
        gain = self._lit(rest, light)
        if framing is not None:
            image, gain = (
                np.asarray(cv2.warpAffine(x, framing, self.size, borderMode=cv2.BORDER_REPLICATE))
                for x in (image, gain)
            )
        return self.sensor.expose(image, gain)

    def _middle(self) -> np.ndarray:
        """The middle of the face at rest, px of a frame."""
        return np.asarray(self.identity.points[[234, 454], :2].mean(axis=0) - MARGIN)

    def _head_alone(self, pose: np.ndarray) -> np.ndarray:
        """Where each pixel is in the face at rest if no skin moves (height, width, 2)."""
        shift = pose[3:] * self.rig.percent
        moved = self.head.move(self.places, Pose(*pose[:3], *shift)).astype(np.float32)
        for _ in range(_ITERATIONS):
            self.worn = self.target - sample(moved, self.worn, _STEP)
        return np.asarray(cv2.resize(self.worn, self.size, interpolation=cv2.INTER_LINEAR))

    def _pass(self, image: np.ndarray, hand: np.ndarray) -> None:
        """A hand and its arm before the face."""
        width = 100 * self.rig.percent
        at = self._middle() + hand * width
        elbow = at + np.array([np.sign(hand[0] or 1.0) * 0.5, 1.5]) * width
        if at[1] - 0.3 * width > image.shape[0]:
            return
        shape = np.zeros(image.shape[:2], np.uint8)
        palm, arm = ((round(float(x)), round(float(y))) for x, y in (at, elbow))
        cv2.line(shape, palm, arm, (255,), round(0.22 * width), cv2.LINE_AA)
        axes = (round(0.17 * width), round(0.24 * width))
        cv2.ellipse(shape, palm, axes, 15, 0, 360, (255,), -1)
        shows = cv2.GaussianBlur(shape, (0, 0), 1.2).astype(np.float32)[..., None] / 255
        image[:] = np.rint(image + shows * (self.hand_colour - image.astype(np.float32)))

    def _rest(self, activation: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """Where the frame's coarse places are in the face at rest, openings aside (h, w, 2)."""
        used = np.flatnonzero(activation)  # most frames use few channels or none
        skin = np.tensordot(activation[used].astype(np.float32), self.rig.skin[used], 1)
        shift = pose[3:] * self.rig.percent
        moved = self.head.move(self.places + skin, Pose(*pose[:3], *shift)) + skin
        moved = np.ascontiguousarray(moved, np.float32)
        self.moved = moved
        rest = self.before
        for _ in range(_ITERATIONS):
            rest = self.target - sample(moved, rest, _STEP)
        self.before = rest
        return rest

    def _lit(self, rest: np.ndarray, light: np.ndarray) -> np.ndarray:
        """Gain (height, width, 3): the lamp's strength, its direction on the face, its warmth."""
        gain, left, above, warmth = light
        shade = sample(self.shade, rest, _STEP)
        factor = (1 + gain) * (1 + left * shade[..., 0] + above * shade[..., 1])
        coloured = factor[..., None] * np.array([1 - warmth, 1, 1 + warmth])
        cv2.resize(coloured.astype(np.float32), self.size, dst=self.gain)
        return self.gain

    def _box(self, box: np.ndarray, look: np.ndarray) -> tuple[slice, slice]:
        """Pixels of the frame that look into a box (2, 2) px of the face at rest."""
        middle = box.mean(axis=0)
        column, row = np.round(cell(middle, _STEP)).astype(int)
        x, y = middle + self.moved[row, column] - MARGIN
        half = (box[1] - box[0]) / 2 + _ROOM
        rows = slice(max(int(y - half[1]), 0), min(int(y + half[1]), look.shape[0]))
        columns = slice(max(int(x - half[0]), 0), min(int(x + half[0]), look.shape[1]))
        return rows, columns

    def _eye(self, side: str, look: np.ndarray, activation: np.ndarray, blink: float, gaze):
        """Moves the skin of one eye in `look`.

        Returns the eye's box, the eyeball's look-up, and how much eyeball and lashes show there.
        """
        eye = self.rig.eyes[side]
        box = self._box(eye.box, look)
        upper_up, lower_up = activation @ self.rig.lids[side]
        # The upper lid goes with the eyeball's up and down.
        moved = (gaze * self.rig.percent).astype(np.float32)
        skin, ball, shows, lashes = eye.look_up(
            look[box],
            float(blink),
            float(upper_up - 0.8 * moved[1]),
            float(lower_up - 0.2 * moved[1]),
            moved,
        )
        look[box] = skin
        return box, ball.astype(np.float32), shows, lashes

    def _mouth(self, look: np.ndarray, activation: np.ndarray):
        jaw = float(activation @ self.rig.jaw)
        if jaw < 0.02:
            return None
        mouth = self.rig.mouth
        box = self._box(mouth.box, look)
        skin, shows, below, gap = mouth.look_up(look[box], jaw)
        look[box] = skin
        return box, _inside(below, gap, mouth.shut, mouth.width, self.inside), shows


class SmilingSkin:
    """The texture of a smiling face, which fades in with the smile."""

    def __init__(self, smile: Smile, rig: Rig, fine: tuple[int, int]) -> None:
        cubic = cv2.resize(smile.image, fine, interpolation=cv2.INTER_CUBIC)
        self.texture = np.clip(np.rint(cubic), 0, 255).astype(np.uint8)
        self.whole = rig.whole_smile
        self.channels = [rig.channels.index((SMILE, side)) for side in SIDES]
        shares = sides(rig.points, grid(_size(smile.shows), _STEP))
        self.shows = np.stack([smile.shows * shares[side] for side in SIDES], axis=-1)
        self.skin = smile.skin.astype(np.float32)

    def fade_in(self, image: np.ndarray, rest: np.ndarray, activation: np.ndarray) -> None:
        """Puts it over a frame. rest: where the frame's coarse places are in the face at rest."""
        strength = np.clip(activation[self.channels] / self.whole, 0, 1).astype(np.float32)
        if not strength.any():
            return
        size = (image.shape[1], image.shape[0])
        share = cv2.resize(sample(self.shows, rest, _STEP) @ strength, size)
        # The smiling picture shows a place of the face at rest where the whole smile moves it to.
        smiling = rest + sample(self.skin, rest, _STEP)
        look = np.asarray(cv2.resize(smiling, size, interpolation=cv2.INTER_LINEAR))
        layer = sample(self.texture, look, 1 / _DETAIL).astype(np.float32)
        image[:] = np.rint(image + share[..., None] * (layer - image.astype(np.float32)))


def _size(field: np.ndarray) -> tuple[int, int]:
    """(w, h) px that a field of coarse places covers."""
    return field.shape[1] * _STEP, field.shape[0] * _STEP


def _blend(
    image: np.ndarray, box: tuple[slice, slice], layer: np.ndarray, shows: np.ndarray
) -> None:
    share = shows[..., None].astype(np.float32)
    image[box] = np.rint(image[box] + share * (layer - image[box].astype(np.float32)))


def _mouth_colours(identity: Identity) -> np.ndarray:
    """Colours of the cavity, the tongue and the teeth (3, 3), in the portrait's light."""
    cheek = _cheek_colour(identity)
    teeth = cheek.mean() * np.array([0.92, 1.02, 1.14])
    return np.stack([0.13 * cheek + [2, 0, 6], 0.42 * cheek * [0.9, 0.75, 1.0], teeth])


def _cheek_colour(identity: Identity) -> np.ndarray:
    at = np.round((identity.points[[205, 425], :2] + 0.5) * OVERSAMPLING).astype(int)
    patches = [identity.image[y - 5 : y + 5, x - 5 : x + 5] for x, y in at]
    return np.asarray(np.mean(patches, axis=(0, 1, 2)))


def _lash_colour(identity: Identity) -> np.ndarray:
    """Colour (3,) of the dark line along the upper lids."""
    lids = [number for side in SIDES for number in UPPER_LIDS[side][2:-2]]
    at = np.round((identity.points[lids, :2] + 0.5) * OVERSAMPLING).astype(int)
    colours = identity.image[at[:, 1], at[:, 0]]
    return np.percentile(colours, 25, axis=0).astype(np.float32)


def _inside(
    below: np.ndarray, gap: np.ndarray, teeth: bool, width: float, colours: np.ndarray
) -> np.ndarray:
    """Inside of the mouth (h, w, 3): upper teeth, where the portrait shows none of its own, then
    the dark, then the tongue in the lip's shadow.

    below: px below the upper edge; gap: px from there to the lower edge; both (h, w).
    """
    cavity, tongue, tooth = colours
    share = smoothstep((below / np.maximum(gap, 1) - 0.35) / 0.6) * np.clip(gap / 12, 0, 1)
    inside = cavity + share[..., None] * (tongue - cavity)
    if teeth:
        edge = np.minimum(0.35 * gap, 0.018 * width)
        share = np.clip((edge - below) / 1.5 + 0.5, 0, 1) * np.clip(0.4 * edge, 0, 0.92)
        inside += share[..., None] * (tooth - inside)
    return inside.astype(np.float32)


class Sensor:
    """Noise of the camera: stronger in bright places, a little correlated between neighbours."""

    def __init__(
        self, identity: Identity, settings: VideoSettings, rng: np.random.Generator
    ) -> None:
        self.rng = rng
        self.size = (settings.width, settings.height)
        # A bank with random offsets is much cheaper than new numbers for every frame.
        shape = (settings.height + _SPARE, settings.width + _SPARE)
        grey = rng.standard_normal((*shape, 1), np.float32)
        noise = 0.8 * grey + 0.6 * rng.standard_normal((*shape, 3), np.float32)
        noise = cv2.GaussianBlur(noise, (0, 0), 0.5)
        self.bank = noise / noise.std()
        inner = (slice(MARGIN * OVERSAMPLING, -MARGIN * OVERSAMPLING),) * 2
        bright = cv2.resize(identity.image[inner].mean(axis=-1), self.size)
        # Read noise and shot noise; `noise` is what a middle grey has.
        level = settings.noise * np.sqrt(0.3 + 0.7 * cv2.GaussianBlur(bright, (0, 0), 5) / 128)
        self.level = np.repeat(level[..., None], 3, axis=-1).astype(np.float32)
        self.noise, self.lit = np.empty_like(self.level), np.empty_like(self.level)

    def expose(self, image: np.ndarray, gain: np.ndarray) -> np.ndarray:
        """The camera's picture of a scene `image` under a light; both (h, w, 3), uint8, float32."""
        y, x = self.rng.integers(0, _SPARE, 2)
        bank = self.bank[y : y + self.size[1], x : x + self.size[0]]
        cv2.multiply(bank, self.level, dst=self.noise)
        cv2.multiply(image, gain, dst=self.lit, dtype=cv2.CV_32F)
        return np.asarray(cv2.add(self.lit, self.noise, dtype=cv2.CV_8U))
