"""Holds the packages' entry.py against the tables of fixtures/phones, and against the reference server for devices made up at random.

The seed is printed; PROVDLAB_SEED sets it.
"""
import binascii
import io
import json
import os
import random
import re
import subprocess
import sys
import types
import unittest
import warnings

PLUGINS = 'fixtures/plugins'
PHONES = 'fixtures/phones'
CONFIGURE = 'server/plugins/testing/configure_phones'
SEED = int(os.environ.get('PROVDLAB_SEED', '20261124'))


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


class Support(object):
    """The parts of entry.py that know the phones of one plugin."""

    def __init__(self, plugin):
        self.folder = os.path.join(PLUGINS, plugin)
        with io.open(os.path.join(self.folder, 'manifest.json'), encoding='utf-8') as source:
            self.phones = json.load(source)['phones']
        with io.open(os.path.join(self.folder, 'plugin-info'), encoding='utf-8') as source:
            tables = ENTRY.PhoneTables(self.phones, json.load(source)['capabilities'])
        self.identification = ENTRY.Identification(self.phones, tables)
        self.associator = ENTRY.Associator(self.phones['association'], tables)
        self.files = ENTRY.PhoneFiles(self.folder, self.phones, tables)


SUPPORT = dict((plugin, Support(plugin))
               for plugin in ('acme', 'xivo-aastra-3.3.1-SP2', 'xivo-polycom-4.0.4', '../phones/borealis'))


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
            with self.assertRaises(ValueError, msg=row):
                ENTRY.Pattern(row['pattern'])

    def test_templates_render(self):
        everything = table('templates.json')
        for row in everything['renders']:
            escape = ENTRY.escaping(row.get('escaping', 'none'), {})
            self.assertEqual(ENTRY.Template(row['template']).render(everything['view'], escape), row['becomes'], row)
        for row in everything['refused']:
            with self.assertRaises(ValueError, msg=row):
                ENTRY.Template(row['template'])

    def test_templates_stop_at_their_limits(self):
        view = {'many': ['x' * 1000] * 1000}
        for text in [u'{{#many}}{{.}}{{.}}{{/many}}', u'{{#many}}{{#many}}{{#many}}{{/many}}{{/many}}{{/many}}']:
            with self.assertRaises(ENTRY.ConfigurationError):
                ENTRY.Template(text).render(view, ENTRY.escaping('none', {}))

    def test_requests_are_identified_and_scored(self):
        for row in table('identification.json'):
            support = SUPPORT[row['plugin']]
            parts = dict((name, as_bytes_text(row[name])) for name in ('user_agent', 'path', 'file_name') if name in row)
            parts.update(('option_' + code, value) for code, value in row.get('options', {}).items())
            identity = support.identification.identify(row['protocol'], parts)
            self.assertEqual(identity, row['identity'], row)
            if identity:
                self.assertEqual(support.associator.associate(identity), row['score'], row)

    def test_devices_are_configured(self):
        for row in table('configurations.json'):
            files = SUPPORT[row['plugin']].files
            if 'because' in row:
                with self.assertRaisesRegex(ENTRY.ConfigurationError, row['because'], msg=row):
                    files.of_device(row['device'], row['raw_config'])
                continue
            for path, content in files.of_device(row['device'], row['raw_config']):
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
        return {u'mac': self.mostly(mac), u'model': self.mostly(self._random.choice(models)), u'version': self.value(), u'id': self.text()}

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


class Agreement(unittest.TestCase):
    def ask_both(self, plugin, questions):
        text = u''.join(json.dumps(question) + u'\n' for question in questions)
        process = subprocess.run([CONFIGURE, SUPPORT[plugin].folder], input=text.encode('utf-8'), stdout=subprocess.PIPE, check=True,
                                 timeout=50)
        answers = [json.loads(line) for line in process.stdout.decode('utf-8').splitlines()]
        self.assertEqual(len(answers), len(questions))
        for question, answer in zip(questions, answers):
            yield question, answer

    def made_of(self, files, question):
        try:
            if 'device' in question:
                made = files.of_device(question['device'], question['raw_config'])
            else:
                made = files.common(question['raw_config'])
        except ENTRY.ConfigurationError:
            return None
        return dict((path, binascii.hexlify(content).decode('ascii')) for path, content in made)

    def test_made_up_devices(self):
        made_up = MadeUp(SEED)
        for plugin, support in SUPPORT.items():
            models = list(support.phones['models']) + [u'57i', u'x2', u'other']
            questions = [{'device': made_up.device(models), 'raw_config': made_up.raw_config()} for _ in range(150)]
            questions += [{'raw_config': made_up.raw_config()} for _ in range(10)]
            configured = 0
            for question, answer in self.ask_both(plugin, questions):
                self.assertEqual(self.made_of(support.files, question), answer.get('files'), (SEED, plugin, question, answer.get('error')))
                configured += 'files' in answer
            self.assertGreater(configured, 20, plugin)
            self.assertLess(configured, len(questions), plugin)

    def test_made_up_requests(self):
        made_up = MadeUp(SEED)
        agents = [row['user_agent'] for row in table('identification.json') if row.get('user_agent')]
        for plugin, support in SUPPORT.items():
            questions = [made_up.request(agents) for _ in range(300)]
            for question, answer in self.ask_both(plugin, questions):
                parts = dict((name, as_bytes_text(question[name])) for name in ('user_agent', 'path'))
                identity = support.identification.identify('http', parts)
                self.assertEqual(identity, answer['identity'], (SEED, plugin, question))
                if identity:
                    self.assertEqual(support.associator.associate(identity), answer['score'], (SEED, plugin, question))


if __name__ == '__main__':
    print('seed %d' % SEED)
    unittest.main()
