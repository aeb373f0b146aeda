#!/usr/bin/python3
"""Plays a scene in a real editor in a terminal, and takes pictures of it.

    picture.py SCENE.toml BINARY [DIRECTORY [LOOK]]

BINARY is the language server; pictures are written to DIRECTORY, and without one the scene is only played, as a test. LOOK
(light, dark or narrow) is in the environment of the setup, and at the end of the names of the pictures.
Exit code 0 when every text that the scene waits for came. It needs tmux, and for pictures python3-pil and
fonts-dejavu-core (Debian's names; that is why Debian's own Python runs it).

A scene is a TOML file:

    size = [110, 30]                    # columns and lines of the terminal
    narrow = [50, 34]                   # the same, where the look is narrow
    font = 16                           # height of the letters in pixels, where it is another than the usual
    setup = "mkdir -p .config/nvim …"   # bash, in an empty home; $CHECKOUT is this checkout
    command = "nvim project/main.py"    # what runs in the terminal, in that home; `stackspot-lsp` is on PATH

    [[step]]                            # in this order; each part may be left out
    wait = "def total"                  # until this regular expression is on the screen
    gone = "Loading"                    # until this one is not
    type = ":StackSpot explain"         # text, as it is
    keys = ["Enter", "Escape", "C-c"]   # keys, by tmux's names
    picture = "answer.png"              # the screen as it is then

Within a step the order is: wait, gone, type, keys, picture.
"""

import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import unicodedata

DEADLINE = int(os.environ.get("PICTURE_DEADLINE", "60"))  # seconds
FOREGROUND, BACKGROUND = (224, 226, 234), (20, 22, 27)
ANSI = [
    (7, 8, 13), (255, 192, 185), (179, 246, 192), (252, 224, 148), (166, 219, 255), (255, 202, 255), (140, 248, 247),
    (224, 226, 234), (79, 82, 88), (255, 192, 185), (179, 246, 192), (252, 224, 148), (166, 219, 255), (255, 202, 255),
    (140, 248, 247), (238, 241, 248),
]
FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono"
FONT_SIZE = 22


class Terminal:
    """An editor in a tmux of its own."""

    def __init__(self, home, command, columns, lines, environment):
        # A socket of its own: a tmux that was told to end may still be there.
        self.tmux_base = ["tmux", "-S", tempfile.mktemp(prefix="tmux", dir=home), "-f", "/dev/null"]
        self.environment = environment
        options = ["set", "-g", "default-terminal", "tmux-256color", ";", "set", "-g", "status", "off", ";"]
        options += ["set", "-s", "escape-time", "0", ";", "set", "-g", "remain-on-exit", "on", ";"]
        start = ["new-session", "-d", "-x", str(columns), "-y", str(lines), "-c", home, command]
        self.tmux(*options, *start)

    def tmux(self, *arguments):
        command = [*self.tmux_base, *arguments]
        ran = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=30)
        if ran.returncode:
            raise SystemExit(f"picture: tmux {arguments[0]}: {ran.stderr.strip()}")
        return ran.stdout

    def screen(self, colours=False):
        return self.tmux("capture-pane", "-p", *(["-e", "-N"] if colours else []))

    def cursor(self):
        shown, x, y = self.tmux("display-message", "-p", "#{cursor_flag} #{cursor_x} #{cursor_y}").split()
        return (int(x), int(y)) if shown == "1" else None

    def await_screen(self, what, condition):
        end = time.monotonic() + DEADLINE
        while not condition(self.screen()):
            if time.monotonic() > end:
                raise SystemExit(f"picture: {what} in {DEADLINE} s; the screen is\n{self.screen()}")
            time.sleep(0.02)

    def close(self):
        subprocess.run([*self.tmux_base, "kill-server"], capture_output=True, timeout=30)


def play(scene, terminal, directory, look):
    for step in scene["step"]:
        if "wait" in step:
            terminal.await_screen(f"no {step['wait']!r}", lambda screen: re.search(step["wait"], screen))
        if "gone" in step:
            terminal.await_screen(f"{step['gone']!r} did not go", lambda screen: not re.search(step["gone"], screen))
        if "type" in step:
            terminal.tmux("send-keys", "-l", step["type"])
        for key in step.get("keys", []):
            terminal.tmux("send-keys", key)
        if "picture" in step and directory:
            name, ending = os.path.splitext(step["picture"])
            path = os.path.join(directory, f"{name}-{look}{ending}" if look else step["picture"])
            draw(terminal.screen(colours=True), terminal.cursor(), scene["size"], path, scene.get("font", FONT_SIZE))
            print(f"{path}: {os.path.getsize(path) // 1024} KB")


def colour(number):
    """A colour of the palette of 256."""
    if number < 16:
        return ANSI[number]
    if number < 232:
        levels = (0, 95, 135, 175, 215, 255)
        number -= 16
        return (levels[number // 36], levels[number // 6 % 6], levels[number % 6])
    return (8 + 10 * (number - 232),) * 3


def styled(style, codes):
    """The style after the codes of one escape sequence."""
    style = dict(style)
    codes = iter(codes)
    for code in codes:
        if code == 0:
            style = {}
        elif code in (1, 3, 4, 7, 9):
            style[code] = True
        elif code in (22, 23, 24, 27, 29):
            style.pop(1 if code == 22 else code - 20, None)
        elif code in (38, 48, 58):  # 58 is the colour of an underline
            kind = next(codes, 0)
            style[code] = colour(next(codes, 0)) if kind == 5 else tuple(next(codes, 0) for _ in range(3))
        elif code in (39, 49):
            style.pop(code - 1, None)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style[38] = ANSI[code - 30 if code < 90 else code - 82]
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style[48] = ANSI[code - 40 if code < 100 else code - 92]
    return style


def cells(screen):
    """Every character on the screen: column, line, character, its width in cells, and its style."""
    style = {}  # which goes on from line to line
    for y, line in enumerate(screen.split("\n")):
        x = 0
        for escape, text in re.findall(r"\x1b\[([0-9;:]*)m|([^\x1b])", line):
            if text == "":
                # The form of an underline is a part of its code.
                codes = [int(code or 0) for code in re.split("[;:]", re.sub(r"\b4:\d", "4", escape))]
                style = styled(style, codes)
            elif unicodedata.combining(text) == 0 and unicodedata.category(text) not in ("Cf", "Cc"):
                width = 2 if unicodedata.east_asian_width(text) in "WF" else 1
                yield x, y, text, width, style
                x += width


def draw(screen, cursor, size, path, font_size):
    from PIL import Image, ImageDraw, ImageFont

    def font(kind):
        name = f"{FONTS}{kind}.ttf"
        return ImageFont.truetype(name if os.path.exists(name) else f"{FONTS}.ttf", font_size)

    fonts = {(False, False): font(""), (True, False): font("-Bold"), (False, True): font("-Oblique")}
    fonts[True, True] = fonts[True, False]
    width = round(fonts[False, False].getlength("M"))
    ascent, descent = fonts[False, False].getmetrics()
    height = ascent + descent
    margin = width
    # The margin has the colour that most of the screen has.
    backs = collections.Counter(style.get(48, BACKGROUND) for _, _, _, _, style in cells(screen))
    ground = backs.most_common(1)[0][0] if backs else BACKGROUND
    picture = Image.new("RGB", (size[0] * width + 2 * margin, size[1] * height + 2 * margin), ground)
    canvas = ImageDraw.Draw(picture)
    for x, y, text, span, style in cells(screen):
        front, back = style.get(38, FOREGROUND), style.get(48, BACKGROUND)
        if bool(style.get(7)) != (cursor == (x, y)):
            front, back = back, front
        left, top = margin + x * width, margin + y * height
        canvas.rectangle((left, top, left + span * width - 1, top + height - 1), fill=back)
        if text != " ":
            canvas.text((left, top), text, font=fonts[bool(style.get(1)), bool(style.get(3))], fill=front)
        if style.get(4):
            canvas.line((left, top + ascent + 2, left + span * width - 1, top + ascent + 2), fill=front)
    # A terminal has few colours; what is between them is the softness of the letters.
    picture.quantize(48, dither=Image.Dither.NONE).save(path, optimize=True)


def main():
    if len(sys.argv) not in (3, 4, 5):
        raise SystemExit(__doc__)
    if not shutil.which("tmux"):
        raise SystemExit("picture: there is no tmux")
    with open(sys.argv[1], "rb") as file:
        scene = tomllib.load(file)
    binary = os.path.realpath(sys.argv[2])
    directory = os.path.realpath(sys.argv[3]) if len(sys.argv) > 3 else None
    look = sys.argv[4] if len(sys.argv) > 4 else ""
    scene["size"] = scene.get("narrow", scene["size"]) if look == "narrow" else scene["size"]
    checkout = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    # What the editor leaves behind may still be writing there.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.makedirs(os.path.join(home, "bin"))
        os.symlink(binary, os.path.join(home, "bin", "stackspot-lsp"))
        # Nothing of the user's own settings has a say.
        environment = {
            "HOME": home, "PATH": f"{home}/bin:{os.environ['PATH']}", "CHECKOUT": checkout, "LANG": "C.UTF-8",
            "TERM": "xterm-256color", "COLORTERM": "truecolor", "XDG_RUNTIME_DIR": home, "LOOK": look,
        }
        # Where the tests keep their editors.
        cache = os.environ.get("STACKSPOT_CI_CACHE") or os.path.expanduser("~/.cache/stackspot-lsp-ci")
        environment["STACKSPOT_CI_CACHE"] = cache
        setup = ["bash", "-euo", "pipefail", "-c", scene.get("setup", "")]
        subprocess.run(setup, cwd=home, env=environment, check=True, stdin=subprocess.DEVNULL)
        terminal = Terminal(home, scene["command"], *scene["size"], environment)
        try:
            play(scene, terminal, directory, look)
        finally:
            terminal.close()
    print(f"{os.path.basename(sys.argv[1])}: played to its end")


if __name__ == "__main__":
    main()
