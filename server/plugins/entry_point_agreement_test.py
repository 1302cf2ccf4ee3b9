"""Holds the packages' entry.py against the tables of fixtures/phones, and against the reference server for devices made up at random.

The seed is printed; PROVDLAB_SEED sets it.
"""
import binascii
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
import warnings

PLUGINS = 'fixtures/plugins'
PHONES = 'fixtures/phones'
CONFIGURE = os.environ.get('PROVDLAB_CONFIGURE', 'server/plugins/testing/configure_phones')
SEED = int(os.environ.get('PROVDLAB_SEED', '20261124'))
PLUGINS_MADE_UP = int(os.environ.get('PROVDLAB_PLUGINS', '500'))


def stand_in(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module
    return module


def load_entry_point():
    provd = stand_in('provd')
    provd.plugins = stand_in('provd.plugins', StandardPlugin=object)
    provd.services = stand_in('provd.services', InvalidParameterError=Exception)
    module = types.ModuleType('entry')
    with open(os.path.join(PLUGINS, 'entry.py'), 'rb') as source:
        exec(compile(source.read(), 'entry.py', 'exec'), module.__dict__)
    return module


ENTRY = load_entry_point()


def table(name):
    with io.open(os.path.join(PHONES, name), encoding='utf-8') as source:
        return json.load(source)


def as_bytes_text(text):
    return text.encode('utf-8').decode('latin-1')


def sources(plugin):
    """The files of a plugin that are read when it is loaded, by path; sizes and sums are there, as in a package."""
    folder = os.path.join(PLUGINS, plugin)
    files = {}
    for top, _, names in os.walk(folder):
        for name in names:
            path = os.path.relpath(os.path.join(top, name), folder)
            if path in ('manifest.json', 'plugin-info') or path.startswith('templates'):
                with io.open(os.path.join(top, name), encoding='utf-8', newline='') as source:
                    files[path] = source.read()
    manifest = json.loads(files['manifest.json'])
    for package in manifest.get('packages', []):
        for entry in package.get('files', []):
            entry.setdefault('size', 5)
            entry.setdefault('sha1sum', '0' * 40)
    files['manifest.json'] = json.dumps(manifest)
    return files


def write_plugin(files, folder):
    for path, text in files.items():
        whole = os.path.join(folder, path)
        if not os.path.isdir(os.path.dirname(whole)):
            os.makedirs(os.path.dirname(whole))
        with io.open(whole, 'w', encoding='utf-8', newline='') as target:
            target.write(text)


class Support(object):
    """What entry.py knows of the phones of one plugin."""

    def __init__(self, plugin):
        self.folder = tempfile.mkdtemp(dir=os.environ.get('TEST_TMPDIR'))
        write_plugin(sources(plugin), self.folder)
        mistakes = ENTRY.Mistakes()
        manifest = ENTRY.Manifest(self.folder, mistakes)
        if mistakes.told:
            raise ValueError(mistakes.sentence())
        self.files = manifest.phones
        self.identification = manifest.phones.identification
        self.associator = manifest.phones.associator
        described = json.loads(sources(plugin)['manifest.json'])
        self.phones = described['phones']
        self.packages = [package['id'] for package in described.get('packages', [])]


PLUGINS_WITH_PHONES = sorted(name for name in os.listdir(PLUGINS) if os.path.isfile(os.path.join(PLUGINS, name, 'manifest.json'))
                             and '"phones"' in io.open(os.path.join(PLUGINS, name, 'manifest.json'), encoding='utf-8').read())
SUPPORT = dict((plugin, Support(plugin)) for plugin in PLUGINS_WITH_PHONES + ['../phones/borealis'])


class Tables(unittest.TestCase):
    def test_patterns_match_as_the_server_and_as_re(self):
        for row in table('patterns.json')['matches']:
            ignore_case = row.get('ignore_case', False)
            text = as_bytes_text(row['text'])
            found = ENTRY.Pattern(row['pattern'], ignore_case).match(text)
            expected = row['captures'] and dict((name, as_bytes_text(value)) for name, value in row['captures'].items())
            self.assertEqual(found, expected, row)
            if re.search(r'\)\+\)\+', row['pattern']):
                continue  # what re would not come to an end with
            flags = re.DOTALL | re.ASCII | (re.IGNORECASE if ignore_case else 0)
            with warnings.catch_warnings():
                warnings.simplefilter('ignore', FutureWarning)  # of classes that a later `re` might read otherwise
                oracle = re.fullmatch(row['pattern'], text, flags)
            self.assertEqual(oracle and dict((k, v) for k, v in oracle.groupdict().items() if v is not None), found, row)

    def test_patterns_are_refused(self):
        for row in table('patterns.json')['refused']:
            with self.assertRaises(ENTRY.PatternError, msg=row):
                ENTRY.Pattern(row['pattern'])

    def test_templates_render(self):
        everything = table('templates.json')
        for row in everything['renders']:
            escape = ENTRY.Escaping(row.get('escaping', 'none'))
            self.assertEqual(ENTRY.Template(row['template']).render(everything['view'], escape), row['becomes'], row)
        for row in everything['refused']:
            with self.assertRaisesRegex(ENTRY.TemplateError, row['because'], msg=row):
                ENTRY.Template(row['template'])

    def test_templates_stop_at_their_limits(self):
        view = {'many': ['x' * 1000] * 1000}
        for text in [u'{{#many}}{{.}}{{.}}{{/many}}', u'{{#many}}{{#many}}{{#many}}{{/many}}{{/many}}{{/many}}']:
            with self.assertRaises(ENTRY.ConfigurationError):
                ENTRY.Template(text).render(view, ENTRY.Escaping('none'))

    def test_requests_are_identified_and_scored(self):
        for row in table('identification.json'):
            support = SUPPORT[row['plugin']]
            parts = dict((name, as_bytes_text(row[name])) for name in ('user_agent', 'path', 'file_name', 'mac') if name in row)
            parts.update(('option_' + code, value) for code, value in row.get('options', {}).items())
            identity = support.identification.identify(row['protocol'], parts)
            self.assertEqual(identity, row['identity'], row)
            if identity:
                self.assertEqual(support.associator.associate(identity), row['score'], row)

    def test_devices_are_configured(self):
        for row in table('configurations.json'):
            files = SUPPORT[row['plugin']].files
            if 'because' in row:
                with self.assertRaisesRegex(ENTRY.ConfigurationError, re.escape(row['because']), msg=row):
                    files.of_device(row['device'], row['raw_config'], row.get('installed'))
                continue
            for path, content in files.of_device(row['device'], row['raw_config'], row.get('installed')):
                with open(os.path.join(PHONES, 'files', row['name'], path), 'rb') as source:
                    self.assertEqual(content, source.read(), row['name'])


class MadeUp(object):
    """Devices, raw configs and requests that a careless or hostile client could send, from a seed."""

    TEXTS = [u'', u'a', u'Ada "Lobby" #2', u'x\ny: z', u'<&>\'"', u'caf\u00e9 \u20ac', u'\x00\x1f\x7f', u'{{ip}}', u'{value}', u'../..',
             u'5060', u'100%;']
    NAMES = ['ip', 'http_port', 'tftp_port', 'locale', 'timezone', 'ntp_enabled', 'ntp_ip', 'vlan_enabled', 'vlan_id', 'vlan_priority',
             'dns_enabled', 'dns_ip', 'syslog_enabled', 'syslog_ip', 'syslog_level', 'admin_password', 'user_password', 'sip_transport',
             'sip_proxy_ip', 'sip_registrar_ip', 'sip_backup_proxy_ip', 'sip_proxy_port', 'sip_dtmf_mode', 'sip_srtp_mode',
             'exten_voicemail', 'exten_pickup_call', 'sip_servers_root_and_intermediate_certificates']
    GOOD = {'locale': [u'fr_FR', u'de_DE', u'xx'],
            'timezone': [u'Europe/Paris', u'America/New_York', u'Asia/Gaza', u'Europe/Dublin', u'Etc/GMT-14', u'no'],
            'sip_transport': [u'udp', u'tcp', u'tls'], 'sip_dtmf_mode': [u'RTP-in-band', u'SIP-INFO'],
            'sip_srtp_mode': [u'preferred', u'required'], 'syslog_level': [u'error', u'debug']}
    LINE = ['username', 'auth_username', 'password', 'display_name', 'number', 'proxy_ip', 'proxy_port', 'registrar_ip', 'voicemail',
            'dtmf_mode']

    def __init__(self, seed):
        self._random = random.Random(seed)

    def value(self, depth=0):
        kind = self._random.randrange(12 if depth < 3 else 9)
        if kind < 5:
            return self._random.choice(self.TEXTS)
        if kind < 9:
            return self._random.choice([None, True, False, 0, 7, -1, 5060, 2 ** 63, 2 ** 70, 1.5])
        if kind == 9:
            return [self.value(depth + 1) for _ in range(self._random.randrange(3))]
        return dict((self._random.choice([u'a', u'1', u'username']), self.value(depth + 1)) for _ in range(self._random.randrange(3)))

    def text(self):
        return self._random.choice(self.TEXTS[1:])

    def mostly(self, good):
        return good if self._random.random() < 0.97 else self.value()

    def device(self, models):
        mac = u':'.join(u'%02x' % self._random.randrange(256) for _ in range(6))
        return {u'mac': self.mostly(mac), u'model': self.mostly(self._random.choice(models)), u'version': self.value(), u'id': self.text(),
                u'vendor': self.mostly(u'Acme'), u'uuid': self.mostly(u'6cd695d2')}

    def raw_config(self):
        raw = {u'ip': u'192.0.2.10', u'http_port': 8667}
        for name in self.NAMES:
            if self._random.random() < 0.4:
                raw[name] = self.mostly(self._random.choice(self.GOOD.get(name, self.TEXTS[1:])))
        for name in ('ntp_ip', 'vlan_id', 'dns_ip', 'syslog_ip'):
            raw.setdefault(name, self.mostly(u'192.0.2.1'))
        lines = dict((u'%d' % self._random.randrange(1, 12), self.line()) for _ in range(self._random.randrange(5)))
        keys = dict((u'%d' % self._random.randrange(1, 80), self.key()) for _ in range(self._random.randrange(9)))
        raw.update(sip_lines=self.mostly(lines), funckeys=self.mostly(keys))
        return raw

    def line(self):
        line = dict((name, self._random.choice([None, 7, self.text(), self.text()])) for name in self.LINE if self._random.random() < 0.6)
        line.update(username=self.mostly(self.text()), proxy_ip=self.mostly(u'192.0.2.20'))
        return line

    def installed(self, packages):
        return dict((name, u'1.0') for name in packages if self._random.random() < 0.5)

    def key(self):
        kind = self._random.choice([u'blf', u'speeddial', u'park', u'laser'])
        return {u'type': self.mostly(kind), u'value': self.value(), u'label': self.value(), u'line': self.mostly(1)}

    def request(self, agents):
        agent = list(self._random.choice(agents))
        for _ in range(self._random.randrange(3)):
            at = self._random.randrange(len(agent))
            agent[at:at + self._random.randrange(2)] = [self._random.choice(u'aA0 -:._/()\u00e9\n')]
        paths = [u'/000000000000.cfg', u'/0004f2a1b2c3-user.cfg', u'/Acme/00aa55000001.cfg', u'/x']
        return {u'protocol': u'http', u'user_agent': u''.join(agent), u'path': self._random.choice(paths)}


WRONG_VALUES = [None, True, False, -1, 0, 7, 1001, 1.5, 2 ** 70, u'', u'x', u'a b', u'{nope}', u'(', u'[a-', u'(?P<a>x)', u'{{', u'../x', u'/x',
                u'caf\u00e9\n', u'xml', u'lines', u'lines.dtmf', u'device', u'device.modle', u'exact', [], [u'x'], [1], {}, {u'x': u'y'},
                {u'about': 1}, {u'of': u'locale', u'values': {}}, [{}], u'http://x y/', u'http://x:0/', u'x' * 300]
TAGS = [u'{{usernam}}', u'{{device.modle}}', u'{{#lines}}', u'{{/lines}}', u'{{lines}}', u'{{.}}', u'{{ip}}', u'{{#ip}}{{ip.x}}{{/ip}}', u'{{',
        u'{{> x}}', u'{{#time_zone}}{{#start}}{{/start}}{{/time_zone}}', u'{{installed.lang}}', u'\u00e9 {{x y}}', u'{{lines.username}}']


class MadeUpPlugins(object):
    """Plugins as somebody might have written them on a bad day: sound ones with a few slips, from a seed."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._sound = [sources(plugin) for plugin in sorted(SUPPORT)]

    def plugin(self):
        files = dict(self._random.choice(self._sound))
        for _ in range(self._random.choice([1, 1, 1, 2, 3, 30])):
            slip = self._random.randrange(10)
            if slip < 6:
                files['manifest.json'] = self.with_slip(files['manifest.json'])
            elif slip == 6:
                files['plugin-info'] = self.with_slip(files['plugin-info'])
            else:
                name = self._random.choice(sorted(files))
                if name.startswith('templates'):
                    files[name] = self.with_tag(files[name]) if slip < 9 else self.misspelt(files[name])
        return files

    def with_slip(self, text):
        try:
            document = json.loads(text)
        except ValueError:
            return text  # an earlier slip has seen to that
        nodes = []  # of objects and lists: the node, and a name or an index in it
        pending = [document]
        while pending:
            node = pending.pop()
            members = sorted(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
            nodes += [(node, name) for name, _ in members]
            pending += [value for _, value in members]
        if not nodes:
            return text
        node, name = self._random.choice(nodes)
        kind = self._random.randrange(8)
        if kind < 2:
            node[name] = self._random.choice(WRONG_VALUES)
        elif kind == 2:
            del node[name]
        elif kind == 3 and isinstance(node, dict):
            node[self.misspelt(name)] = node.pop(name)
        elif kind == 4 and isinstance(node, list):
            node.append(node[name])
        elif kind == 5 and isinstance(node, dict):
            node[self._random.choice([u'x-mine', u'about', u'version', u'of', u'to', u'unpack', u'lines', u'known_as'])] = node[name]
        elif isinstance(node[name], str):
            node[name] = self.misspelt(node[name])
        return json.dumps(document) if self._random.random() < 0.99 else json.dumps(document)[:-1]

    def with_tag(self, text):
        at = self._random.randrange(len(text) + 1)
        return text[:at] + self._random.choice(TAGS) + text[at:]

    def misspelt(self, text):
        if not text:
            return u'x'
        at = self._random.randrange(len(text))
        return self._random.choice([text[:at] + text[at + 1:], text[:at] + text[at] + text[at:], text[:at] + u'_' + text[at + 1:],
                                    text[:at] + text[at + 1:at + 2] + text[at] + text[at + 2:]])


class Agreement(unittest.TestCase):
    def ask(self, folder, questions):
        """The reference server's answers."""
        text = u''.join(json.dumps(question) + u'\n' for question in questions)
        process = subprocess.run([CONFIGURE] + folder, input=text.encode('utf-8'), stdout=subprocess.PIPE, check=True, timeout=50)
        answers = [json.loads(line) for line in process.stdout.decode('utf-8').splitlines()]
        self.assertEqual(len(answers), len(questions))
        return zip(questions, answers)

    def made_of(self, files, question):
        try:
            if 'device' in question:
                made = files.of_device(question['device'], question['raw_config'], question['installed'])
            else:
                made = files.common(question['raw_config'], question['installed'])
        except ENTRY.ConfigurationError as error:
            return {'error': error.args[0]}
        return {'files': dict((path, binascii.hexlify(content).decode('ascii')) for path, content in made)}

    def test_made_up_devices(self):
        made_up = MadeUp(SEED)
        for plugin, support in sorted(SUPPORT.items()):
            models = list(support.phones.get('models', {})) + [u'57i', u'x2', u'other']
            questions = [{'device': made_up.device(models), 'raw_config': made_up.raw_config()} for _ in range(150)]
            questions += [{'raw_config': made_up.raw_config()} for _ in range(10)]
            for question in questions:
                question['installed'] = made_up.installed(support.packages)
            configured = 0
            for question, answer in self.ask([support.folder], questions):
                self.assertEqual(self.made_of(support.files, question), answer, (SEED, plugin, question))
                configured += 'files' in answer
            self.assertGreater(configured, 20, plugin)
            self.assertLess(configured, len(questions), plugin)

    def test_made_up_requests(self):
        made_up = MadeUp(SEED)
        agents = [row['user_agent'] for row in table('identification.json') if row.get('user_agent')]
        for plugin, support in sorted(SUPPORT.items()):
            questions = [made_up.request(agents) for _ in range(300)]
            for question, answer in self.ask([support.folder], questions):
                parts = dict((name, as_bytes_text(question[name])) for name in ('user_agent', 'path'))
                identity = support.identification.identify('http', parts)
                self.assertEqual(identity, answer['identity'], (SEED, plugin, question))
                if identity:
                    self.assertEqual(support.associator.associate(identity), answer['score'], (SEED, plugin, question))

    def test_made_up_plugins(self):
        made_up = MadeUpPlugins(SEED)
        questions = [{'files': made_up.plugin()} for _ in range(PLUGINS_MADE_UP)]
        refused = several = 0
        for question, answer in self.ask([], questions):
            folder = tempfile.mkdtemp(dir=os.environ.get('TEST_TMPDIR'))
            write_plugin(question['files'], folder)
            told = ENTRY.mistakes_in(folder)
            shutil.rmtree(folder)
            # Each parser of JSON has sentences of its own.
            expected = [re.sub('(is not JSON: ).*', r'\1', sentence) for sentence in answer['mistakes']]
            told = [re.sub('(is not JSON: ).*', r'\1', sentence, flags=re.DOTALL) for sentence in told]
            self.assertEqual([sentence for sentence in told if sentence not in expected], [], 'by entry.py alone')
            self.assertEqual([sentence for sentence in expected if sentence not in told], [], 'by the server alone')
            self.assertEqual(told, expected, 'in another order')
            refused += bool(told)
            several += len(told) > 1
        self.assertGreater(refused, PLUGINS_MADE_UP // 2)
        self.assertLess(refused, PLUGINS_MADE_UP)
        self.assertGreater(several, PLUGINS_MADE_UP // 20)


if __name__ == '__main__':
    print('seed %d' % SEED)
    unittest.main()
