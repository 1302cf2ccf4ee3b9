#!/usr/bin/env python3
"""Kills the reference server in the middle of a storm of writes, again and again, and looks whether it kept its word.

Usage: kill_storm.py PROVDLAB [--rounds N] [--clients N] [--seed N] [--fault NAME]

In each round several clients make, replace and delete devices and configs and set parameters, some of them the same ones. The client
that gets the N-th acknowledgement kills the server with SIGKILL while the others wait for theirs. The server is started again on the same
folder, and all that it has is compared with what it was told: every acknowledged write is there unless a later one took its place, every
other document is as one client sent it, whole, or is not there; a transient config goes with its device or stays with it; `configured`
says of every device what its plugin and its config make of it now. Exit code 0 if it is all so, 1 if not, 2 usage.

What the clients do depends on the seed alone; how far each has come when the server dies does not. With --fault the server misbehaves, to
see that the storm notices.
"""
import argparse
import hashlib
import http.client
import itertools
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

DEADLINE = 60  # seconds for a start, an answer or a round
MEDIA_TYPE = "application/vnd.proformatique.provd+json"
ABSENT = None
PARAMETERS = {"http_proxy": "http://proxy-%d.example:8080", "https_proxy": "proxy-%d.example:8080",
              "ftp_proxy": "http://proxy-%d.example:8080"}


class Gone(Exception):
    """The server does not answer any more."""


class Broken(Exception):
    """The server answered what it must not."""


class Service:
    """A provdlab command that prints where it listens."""

    def __init__(self, command, places=1):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0)
        self.urls = []
        while len(self.urls) < places:
            ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE)
            line = self.process.stdout.readline().decode() if ready else ""
            if "http://" not in line:
                self.end(signal.SIGKILL)
                raise Broken("%s did not start: it printed %r" % (" ".join(command), line))
            self.urls.append(urllib.parse.urlsplit(line.split()[-1]))
        self.url = self.urls[0]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)

    def end(self, how):
        self.process.send_signal(how)
        self.process.wait(DEADLINE)
        self.process.stdout.close()


class Connection:
    """One client's connection to the server of a round."""

    def __init__(self, url):
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=DEADLINE)

    def ask(self, method, path, body=None):
        """Status, value of the body or None, and Location."""
        headers = {"Accept": MEDIA_TYPE}
        data = None
        if body is not None:
            data = json.dumps(body, ensure_ascii=False).encode()
            headers["Content-Type"] = MEDIA_TYPE
        try:
            self.connection.request(method, "/provd" + path, data, headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as problem:
            raise Gone() from problem
        if answer.status >= 500:
            raise Broken("%s %s was answered with %d %r" % (method, path, answer.status, text))
        value = json.loads(text) if text.startswith(b"{") else None
        return answer.status, value, answer.headers.get("Location")


class Write:
    """A value that a client wanted something to have; `end` is None until it is acknowledged."""

    def __init__(self, value, start):
        self.value, self.start, self.end = value, start, None


class History:
    """What was written to one document or parameter since it was last looked at."""

    def __init__(self, value, now):
        self.writes = [Write(value, now)]
        self.writes[0].end = now

    def believed(self):
        return self.writes[-1].value

    def is_there(self):
        return self.writes[-1].value is not ABSENT and self.writes[-1].end is not None

    def allows(self, value):
        """Whether it can have this value: no acknowledged write began after the one that left it had ended."""
        return any(
            write.value == value and (write.end is None or not any(
                other.end is not None and other.start > write.end for other in self.writes))
            for write in self.writes)

    def in_flight(self):
        return [write for write in self.writes if write.end is None]


class Storm:
    def __init__(self, provdlab, seed, clients, faults, folder):
        self.provdlab, self.seed, self.clients, self.folder = provdlab, seed, clients, folder
        self.serve = [provdlab, "serve", "--rest-port", "0", "--state-dir", os.path.join(folder, "state")]
        self.serve += ["--fault=" + fault for fault in faults]
        self.clock = itertools.count(1)
        self.histories = {}  # by ("device" | "config" | "parameter", name)
        self.transients = {}  # by the device's id: its transient config
        self.lost_autocreations = 0  # asked for and not answered: each may have left a config
        self.problems = []
        self.acknowledged = self.in_flight = self.in_flight_done = 0
        self.lock = threading.Lock()
        self.plugin = "storm-1.0"
        self.server = None

    # ---- The server ----

    def start(self):
        self.server = Service(self.serve)

    def install(self):
        """Installs a plugin that accepts every device."""
        repository = Service([self.provdlab, "repo"], places=2)
        admin = repository.urls[1]
        connection = Connection(self.server.url)
        try:
            publishing = http.client.HTTPConnection(admin.hostname, admin.port, timeout=DEADLINE)
            publishing.request("POST", "/v1/packages", json.dumps({"id": self.plugin, "fixture": "minimal"}))
            if publishing.getresponse().status >= 300:
                raise Broken("the repository does not publish a plugin")
            server = "http://%s:%d/" % (repository.url.hostname, repository.url.port)
            must(connection, "PUT", "/configure/plugin_server", {"param": {"value": server}})
            self.operate(connection, "/pg_mgr/install/update", {})
            self.operate(connection, "/pg_mgr/install/install", {"id": self.plugin})
        finally:
            repository.end(signal.SIGTERM)

    @staticmethod
    def operate(connection, path, body):
        status, _, location = connection.ask("POST", path, body)
        if status != 201:
            raise Broken("POST %s was answered with %d" % (path, status))
        monitor = urllib.parse.urlsplit(location).path.removeprefix("/provd")
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            _, value, _ = connection.ask("GET", monitor)
            state = value["status"].split(";")[0].split("|")[-1]
            if state == "success":
                return
            if state == "fail":
                break
        raise Broken("%s did not succeed: %s" % (path, value))

    # ---- One round ----

    def round(self, number, target):
        reached = threading.Event()
        left = [target]

        def acknowledge():
            with self.lock:
                self.acknowledged += 1
                left[0] -= 1
                if left[0] == 0:
                    self.server.kill()
                    reached.set()

        def client(index):
            try:
                Client(self, index, random.Random("%d/%d/%d" % (self.seed, number, index)), acknowledge).run()
            except Gone:
                if not reached.wait(DEADLINE):
                    self.report("client %d lost a server that nobody had killed" % index)
            except Broken as problem:
                self.report("round %d: %s" % (number, problem))
                reached.set()
                self.server.kill()

        threads = [threading.Thread(target=client, args=(index,), daemon=True) for index in range(self.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(2 * DEADLINE)
            if thread.is_alive():
                raise Broken("a client still waits for an answer")
        self.server.end(signal.SIGKILL)
        self.start()
        self.compare(number)

    def history(self, kind, name):
        with self.lock:
            return self.histories.setdefault((kind, name), History(ABSENT, 0))

    def report(self, problem):
        with self.lock:
            self.problems.append(problem)

    # ---- Afterwards ----

    def compare(self, number):
        connection = Connection(self.server.url)
        devices = {document["id"]: document for document in connection.ask("GET", "/dev_mgr/devices")[1]["devices"]}
        configs = {document["id"]: document for document in connection.ask("GET", "/cfg_mgr/configs")[1]["configs"]}
        found = {("config", name): document for name, document in configs.items()}
        for name, document in devices.items():
            found["device", name] = {key: value for key, value in document.items() if key != "configured"}
        for name in PARAMETERS:
            found["parameter", name] = connection.ask("GET", "/configure/" + name)[1]["param"]["value"]

        for key, history in self.histories.items():
            value = found.get(key, ABSENT)
            self.in_flight += len(history.in_flight())
            self.in_flight_done += any(write.value == value for write in history.in_flight())
            if not history.allows(value):
                self.problems.append("round %d: %s %s is %s after the start; it was told %s" % (number, *key, json.dumps(value), [
                    (write.value, "in flight" if write.end is None else "acknowledged") for write in history.writes]))
        for device, config in list(self.transients.items()):
            made = any(write.value is not ABSENT and write.end is not None for write in self.history("device", device).writes)
            if (device in devices) != (config in configs) and (made or device in devices):
                self.problems.append("round %d: of device %s and its transient config %s one is there alone" % (number, device, config))
            if device not in devices:
                del self.transients[device]
                if config in configs:  # its device never came to be
                    must(connection, "DELETE", "/cfg_mgr/configs/" + config)
                    del found["config", config]
        for kind, name in set(found) - set(self.histories):
            if kind != "config" or not found[kind, name].get("transient") or self.lost_autocreations == 0:
                self.problems.append("round %d: nobody made the %s %s" % (number, kind, name))
                continue
            self.lost_autocreations -= 1
            must(connection, "DELETE", "/cfg_mgr/configs/" + name)
            del found[kind, name]
        self.lost_autocreations = 0
        for name, document in devices.items():
            expected = self.is_configured(connection, document, configs)
            if document.get("configured") is not expected:
                self.problems.append("round %d: device %s says configured: %s" % (number, name, document.get("configured")))

        now = next(self.clock)
        self.histories = {key: History(value, now) for key, value in found.items()}

    def is_configured(self, connection, device, configs):
        if device.get("plugin") != self.plugin or device.get("config") not in configs:
            return False
        raw_config = connection.ask("GET", "/cfg_mgr/configs/%s/raw" % device["config"])[1]["raw_config"]
        return not raw_config.get("ntp_enabled") or bool(raw_config.get("ntp_ip"))


def must(connection, method, path, body=None):
    status, _, _ = connection.ask(method, path, body)
    if status not in (200, 201, 204):
        raise Broken("%s %s was answered with %d" % (method, path, status))


class Client:
    """Writes until the server is gone. It has documents of its own and some that all clients share."""

    def __init__(self, storm, index, dice, acknowledge):
        self.storm, self.index, self.dice, self.acknowledge = storm, index, dice, acknowledge
        self.connection = Connection(storm.server.url)

    def run(self):
        acts = [(self.write_device, 10), (self.delete_device, 3), (self.write_config, 5), (self.delete_config, 2),
                (self.write_parameter, 2), (self.make_transient, 1), (self.end_transient, 1)]
        while True:
            act, = self.dice.choices([act for act, _ in acts], [weight for _, weight in acts])
            act()

    def own_or_shared(self, count):
        return ("all" if self.dice.random() < 0.3 else "c%d" % self.index) + "-%d" % self.dice.randrange(count)

    def write(self, kind, name, value, method, path, body=None, fine=(200, 201, 204), refused=()):
        """Sends a write and keeps when it began and ended; whether it was done."""
        history = self.storm.history(kind, name)
        write = Write(value, next(self.storm.clock))
        history.writes.append(write)
        status, _, _ = self.connection.ask(method, path, body)
        if status in fine:
            write.end = next(self.storm.clock)
            self.acknowledge()
            return True
        history.writes.remove(write)
        if status not in refused:
            raise Broken("%s %s was answered with %d" % (method, path, status))
        return False

    def write_document(self, kind, name, document):
        manager = {"device": "/dev_mgr/devices", "config": "/cfg_mgr/configs"}[kind]
        document["id"] = name
        document["serial"] = next(self.storm.clock)
        # Others may make or delete a shared one meanwhile.
        refused = (400, 404) if name.startswith("all-") else ()
        if self.storm.history(kind, name).believed() is ABSENT:
            self.write(kind, name, document, "POST", manager, {kind: document}, refused=refused)
        else:
            self.write(kind, name, document, "PUT", manager + "/" + name, {kind: document}, refused=refused)

    def delete_document(self, kind, name):
        manager = {"device": "/dev_mgr/devices", "config": "/cfg_mgr/configs"}[kind]
        if self.storm.history(kind, name).believed() is not ABSENT or name.startswith("all-"):
            self.write(kind, name, ABSENT, "DELETE", manager + "/" + name, refused=(404,) if name.startswith("all-") else ())

    def write_device(self):
        device = {"config": self.own_or_shared(4), "text": "é\n" * self.dice.randrange(400), "big": 2**64 - 1}
        if self.dice.random() < 0.8:
            device["plugin"] = self.storm.plugin if self.dice.random() < 0.9 else "nobody-1.0"
        if self.dice.random() < 0.5:
            device["ip"] = "192.0.2.%d" % self.dice.randrange(256)
        self.write_document("device", self.own_or_shared(8), device)

    def delete_device(self):
        self.delete_document("device", self.own_or_shared(8))

    def write_config(self):
        raw_config = {"text": "x" * self.dice.randrange(2000)}
        if self.dice.random() < 0.6:
            raw_config["ntp_enabled"] = self.dice.random() < 0.7
        if self.dice.random() < 0.5:
            raw_config["ntp_ip"] = "192.0.2.1"
        parents = [self.own_or_shared(4) for _ in range(self.dice.randrange(3))]
        self.write_document("config", self.own_or_shared(4), {"parent_ids": parents, "raw_config": raw_config})

    def delete_config(self):
        self.delete_document("config", self.own_or_shared(4))

    def write_parameter(self):
        name = self.dice.choice(sorted(PARAMETERS))
        value = PARAMETERS[name] % next(self.storm.clock)
        self.write("parameter", name, value, "PUT", "/configure/" + name, {"param": {"value": value}})

    def make_transient(self):
        with self.storm.lock:
            self.storm.lost_autocreations += 1
        status, value, location = self.connection.ask("POST", "/cfg_mgr/autocreate", {})
        if status != 201:
            raise Broken("autocreate was answered with %d" % status)
        config = urllib.parse.urlsplit(location).path.rsplit("/", 1)[1]
        _, made, _ = self.connection.ask("GET", "/cfg_mgr/configs/" + config)
        now = next(self.storm.clock)
        with self.storm.lock:
            self.storm.lost_autocreations -= 1
            self.storm.histories["config", config] = History(made["config"], now)
            device = "of-" + config
            self.storm.transients[device] = config
        self.acknowledge()
        self.write_document("device", device, {"config": config, "plugin": self.storm.plugin})

    def end_transient(self):
        """Deletes a device of this client's, which takes its transient config with it."""
        with self.storm.lock:
            mine = sorted(name for name in self.storm.transients if hash_of(name) % self.storm.clients == self.index)
        # Whoever makes the device may still wait for the answer.
        mine = [name for name in mine if self.storm.history("device", name).is_there()]
        if not mine:
            return
        device = mine[0]
        config = self.storm.transients[device]
        going = Write(ABSENT, next(self.storm.clock))
        self.storm.history("config", config).writes.append(going)
        self.delete_document("device", device)
        going.end = next(self.storm.clock)


def hash_of(name):
    return int(hashlib.sha256(name.encode()).hexdigest(), 16)


def main():
    parser = argparse.ArgumentParser(description="Kills the reference server in a storm of writes.")
    parser.add_argument("provdlab")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", action="append", default=[])
    options = parser.parse_args()
    print("seed %d" % options.seed, flush=True)
    folder = tempfile.mkdtemp(prefix="provdlab-storm-")
    storm = Storm(os.path.abspath(options.provdlab), options.seed, options.clients, options.fault, folder)
    dice = random.Random(options.seed)
    rounds = 0
    try:
        storm.start()
        storm.install()
        connection = Connection(storm.server.url)
        base = {"id": "autocreate", "role": "autocreate", "parent_ids": [], "raw_config": {"sip_lines": {"1": {"username": "auto"}}}}
        must(connection, "POST", "/cfg_mgr/configs", {"config": base})
        storm.histories["config", "autocreate"] = History(base, 0)
        for name in PARAMETERS:
            storm.histories["parameter", name] = History(connection.ask("GET", "/configure/" + name)[1]["param"]["value"], 0)
        while rounds < options.rounds and not storm.problems:
            storm.round(rounds, dice.randrange(1, 120))
            rounds += 1
    except (Broken, Gone) as problem:
        storm.problems.append("round %d: %s" % (rounds, str(problem) or "the server is gone"))
    finally:
        if storm.server is not None:
            storm.server.end(signal.SIGKILL)
    for problem in storm.problems[:20]:
        print(problem if len(problem) < 1000 else problem[:1000] + "…")
    print("%d rounds, %d acknowledged writes, %d in flight when the server was killed (%d of them done), %d problems" %
          (rounds, storm.acknowledged, storm.in_flight, storm.in_flight_done, len(storm.problems)))
    if storm.problems:
        print("the state is in %s" % folder)
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
