#!/usr/bin/env python3
"""browser.py CHROMIUM PAGE FOLDER [SECONDS]

Look at a page of casetap-verify in a headless Chromium, over its debugging pipe: what it asks the network for, what the Tab
key reaches and shows, whether it fits a narrow window, how it reads by day, in the dark and on paper.  Prints a line
`ok SENTENCE` or `no SENTENCE: why` for each; leaves day.png, lanes.png, addresses.png, dark.png, narrow.png and page.pdf in FOLDER.
"""
import base64, fcntl, json, os, select, subprocess, sys, tempfile, time, urllib.parse

chromium, page, folder = sys.argv[1:4]
limit = float(sys.argv[4]) if len(sys.argv) > 4 else 120
url = "file://" + urllib.parse.quote(os.path.realpath(page))
profile = tempfile.mkdtemp(prefix="profile.", dir=folder)


class Browser:
    def __init__(self):
        low, self.out = os.pipe()
        self.answers, high = os.pipe()
        options = ["--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage",
                   "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--user-data-dir=" + profile]
        if os.getuid() == 0:
            options.append("--no-sandbox")  # Chromium's own does not start as root
        # The pipe is descriptors 3 and 4 of the browser: lifted first, so that neither lies in the place of the other.
        to, back = (fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (low, high))
        self.process = subprocess.Popen(["bash", "-c", 'exec "$@" 3<&%d 4>&%d' % (to, back), "bash", chromium] + options,
                                        pass_fds=(to, back), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(folder + "/chromium.log", "w"))
        for fd in (low, high, to, back):
            os.close(fd)
        self.data, self.turn, self.events, self.session = b"", 0, [], None

    def receive(self):
        end = time.monotonic() + limit
        while b"\0" not in self.data:
            if not select.select([self.answers], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit("browser.py: no answer in %g s" % limit)
            more = os.read(self.answers, 1 << 20)
            if not more:
                sys.exit("browser.py: chromium went away:\n" + open(folder + "/chromium.log").read()[-2000:])
            self.data += more
        text, self.data = self.data.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        self.turn += 1
        message = {"id": self.turn, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self.out, text):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.turn:
                if "error" in answer:
                    sys.exit("browser.py: %s: %s" % (method, answer["error"]))
                return answer["result"]
            self.events.append(answer)

    def wait(self, method):
        while not any(e.get("method") == method for e in self.events):
            self.events.append(self.receive())

    def js(self, text):
        result = self.call("Runtime.evaluate", expression=text, returnByValue=True)
        if "exceptionDetails" in result:
            sys.exit("browser.py: %s" % result["exceptionDetails"])
        return result["result"].get("value")

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, text="\r" if key == "Enter" and kind == "keyDown" else "")

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self, name):
        shot = self.call("Page.captureScreenshot", format="png")
        open(folder + "/" + name, "wb").write(base64.b64decode(shot["data"]))


def say(sentence, wrong):
    print("%s %s%s" % ("no" if wrong else "ok", sentence, ": %s" % wrong if wrong else ""))
    sys.stdout.flush()


# Of each text that shows, the contrast with the nearest ground that is painted, as WCAG 2 reckons it; the worst ones.
CONTRAST = """(() => {
  const rgb = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = c => { const f = c.slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const ground = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length && (c.length < 4 || c[3] > 0)) return c; } return [255, 255, 255]; };
  const bad = [];
  for (const e of document.body.querySelectorAll('h1,h2,h3,p,td,th,dt,dd,li,b,span,code,pre,a,summary,footer')) {
    if (e.closest('svg') || !e.textContent.trim() || !e.getClientRects().length || e.matches('.skip')) continue;
    const a = light(rgb(getComputedStyle(e).color)), b = light(ground(e));
    const k = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (k < 4.5) bad.push(e.tagName + ' ' + k.toFixed(2) + ' ' + e.textContent.trim().slice(0, 30));
  }
  return bad.slice(0, 5).join('; ');
})()"""
FOCUSABLE = "[...document.querySelectorAll('a[href],summary,button,input,[tabindex]')].filter(e => e.tabIndex >= 0 && e.getClientRects().length)"
SHOWN = """(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.querySelector && e.querySelector('rect');
  const mark = s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || r && getComputedStyle(r).stroke !== 'none' && parseFloat(getComputedStyle(r).strokeWidth) >= 2;
  const b = e.getBoundingClientRect();
  return [%s.indexOf(e), mark ? 1 : 0, b.bottom > 0 && b.top < innerHeight ? 1 : 0, e.tagName + ' ' + e.textContent.trim().slice(0, 30)]; })()""" % FOCUSABLE

b = Browser()
target = b.call("Target.createTarget", url="about:blank")["targetId"]
b.session = b.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
for domain in ("Page", "Network", "Runtime", "Log"):
    b.call(domain + ".enable")
b.size(1280, 900)
began = time.monotonic()
b.call("Page.navigate", url=url)
b.wait("Page.loadEventFired")
loaded = time.monotonic() - began
print("# %d elements, loaded in %.2f s" % (b.js("document.getElementsByTagName('*').length"), loaded))
b.picture("day.png")
say("the page shows a verdict, and that first", "" if b.js("document.querySelector('h1').getBoundingClientRect().top") < 300 else "not at the top")
say("by day every text has contrast enough", b.js(CONTRAST))
say("it is no wider than its window", "" if b.js("document.documentElement.scrollWidth <= innerWidth") else "it is")

# The keyboard: Tab goes through all that can be reached, in the order of the page, each visible and marked.
want = b.js(FOCUSABLE + ".length")
seen, wrong = [], ""
for i in range(min(want, 60)):
    b.press("Tab", 9)
    at, marked, inside, what = b.js(SHOWN)
    if at != i:
        wrong = wrong or "Tab %d reached %s, the %d-th" % (i, what, at)
    if not marked or not inside:
        wrong = wrong or "%s: %s" % (what, "out of sight" if marked else "no mark of the focus")
    seen.append(what)
say("Tab reaches all of %d links and parts in their order, each in sight and marked" % want, wrong or ("" if want > 3 else "nothing to reach"))
details = b.js("document.querySelectorAll('details').length")
if details:
    b.js("document.querySelector('summary').focus()")
    before = b.js("document.querySelector('details').open")
    b.press("Enter", 13)
    say("Enter opens and closes what is folded", "" if b.js("document.querySelector('details').open") != before else "it does not")
b.js("document.activeElement.blur(); scrollTo(0, 0)")

lost = b.js("[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1)).filter(id => !document.getElementById(id)).slice(0, 5).join(' ')")
say("every link leads to a place on the page", lost)
for name, part in (("lanes.png", "[id^=binding-]"), ("addresses.png", ".bindings")):
    b.js("(() => { const e = document.querySelector('%s'); if (e) (e.closest('section').querySelector('%s') || e).scrollIntoView(); })()" %
         (part, "h2" if name == "lanes.png" else ".bindings"))
    b.picture(name)
b.js("scrollTo(0, 0)")

b.size(360, 800)
say("on a narrow screen it is no wider either", "" if b.js("document.documentElement.scrollWidth <= innerWidth") else "%d pixels" % b.js("document.documentElement.scrollWidth"))
b.picture("narrow.png")
b.size(1280, 900)
b.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
ground = [int(v) for v in b.js("getComputedStyle(document.body).backgroundColor.match(/\\d+/g)")[:3]]
say("in the dark its ground is dark", "" if max(ground) < 64 else ground)
say("in the dark every text has contrast enough", b.js(CONTRAST))
b.picture("dark.png")
pdf = b.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
open(folder + "/page.pdf", "wb").write(base64.b64decode(pdf["data"]))
b.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
say("on paper it is light, also of who reads in the dark", "" if b.js("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)" else "it is not")
say("on paper what is folded is open", b.js("[...document.querySelectorAll('details')].filter(d => !d.open && !d.lastElementChild.getClientRects().length).length || ''"))

asked = [e["params"]["request"]["url"] for e in b.events if e.get("method") == "Network.requestWillBeSent"]
say("it asks the network for nothing", [u for u in asked if u != url and not u.startswith("data:")] or ("" if url in asked else "not even for itself"))
said = [e["params"] for e in b.events if e.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded")]
say("the browser has nothing to complain of", said)
b.session = None
b.call("Browser.close")
b.process.wait(30)
