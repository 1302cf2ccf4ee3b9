"""Loads the packages' entry.py as a Python provd does, with a stand-in for the modules that such a server has."""
import ast
import configparser
import glob
import json
import os
import sys
import tarfile
import tempfile
import types
import unittest

PACKAGES = 'fixtures/plugins'


class StandardPlugin(object):
    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        self.plugin_dir = plugin_dir


class FetchfwPluginHelper(object):
    """Reads pkgs.db as strictly as the real one: known sections, needed keys, known references."""

    def __init__(self, plugin_dir, downloaders):
        self.database = configparser.RawConfigParser()
        self.database.optionxform = str
        with open(os.path.join(plugin_dir, 'pkgs', 'pkgs.db'), encoding='utf-8') as source:
            self.database.read_file(source)

    @staticmethod
    def new_downloaders(proxies):
        return {}

    def services(self):
        return {'install': self}


class InvalidParameterError(Exception):
    pass


def stand_in(name, **members):
    module = types.ModuleType(name)
    for key, value in members.items():
        setattr(module, key, value)
    sys.modules[name] = module
    return module


class FolderService(object):
    """Stands for the services that serve a folder to phones."""

    def __init__(self, folder):
        self.folder = folder


class Deferred(object):
    """A result that is there already."""

    def __init__(self, result):
        self.result = result


stand_in('provd')
sys.modules['provd'].plugins = stand_in('provd.plugins', StandardPlugin=StandardPlugin, FetchfwPluginHelper=FetchfwPluginHelper)
sys.modules['provd'].services = stand_in('provd.services', InvalidParameterError=InvalidParameterError)
stand_in('provd.servers')
stand_in('provd.servers.http', HTTPNoListingFileService=FolderService)
stand_in('provd.servers.tftp')
stand_in('provd.servers.tftp.service', TFTPFileService=FolderService)
stand_in('provd.synchronize', standard_sip_synchronize=lambda device, event: Deferred((device, event)))
stand_in('twisted')
stand_in('twisted.internet').defer = stand_in('twisted.internet.defer', succeed=Deferred, fail=Deferred)


class App(object):
    class pg_mgr(object):
        server = 'http://127.0.0.1:8080/'


def load(folder):
    """The plugin of an unpacked package, made as a server makes it."""
    path = os.path.join(folder, 'entry.py')
    scope = {'execfile_': lambda name, into: None}
    with open(path, 'rb') as source:
        exec(compile(source.read(), path, 'exec'), scope)
    classes = [value for value in scope.values()
               if isinstance(value, type) and issubclass(value, StandardPlugin) and getattr(value, 'IS_PLUGIN', False)]
    assert len(classes) == 1, classes
    return classes[0](App(), folder, {}, {})


class EntryPoint(unittest.TestCase):
    def unpacked(self, package):
        folder = tempfile.mkdtemp(dir=os.environ.get('TEST_TMPDIR'))
        with tarfile.open(os.path.join(PACKAGES, package + '.tar.bz2')) as archive:
            archive.extractall(folder)
        return os.path.join(folder, package)

    def test_every_package_that_should_load_loads(self):
        for package in ['acme', 'xivo-aastra-3.3.1-SP2', 'xivo-aastra-4.3.0', 'xivo-polycom-4.0.4', 'xivo-polycom-5.4.3']:
            load(self.unpacked(package)).close()
        for package in ['minimal', 'null', 'odd-packages']:
            plugin = load(self.unpacked(package))
            for name in ['http_service', 'tftp_service', 'pg_associator', 'http_dev_info_extractor', 'tftp_dev_info_extractor',
                         'dhcp_dev_info_extractor']:
                self.assertIsNone(getattr(plugin, name), package)
            plugin.configure_common({})
            plugin.configure({}, {})
            plugin.deconfigure({})
            self.assertFalse(plugin.is_sensitive_filename('x'))
            plugin.close()

    def test_packages_with_a_broken_manifest_do_not_load(self):
        for package in ['broken-manifest', 'newer-manifest', 'no-manifest', 'wrong-manifest']:
            with self.assertRaises(Exception, msg=package):
                load(self.unpacked(package))

    def test_all_mistakes_are_told(self):
        folder = self.unpacked('acme')
        with open(os.path.join(folder, 'manifest.json'), encoding='utf-8') as source:
            manifest = json.load(source)
        manifest['phone'] = manifest['phones'].pop('trigger')
        manifest['phones']['triger'] = 'x'
        with open(os.path.join(folder, 'manifest.json'), 'w', encoding='utf-8') as target:
            json.dump(manifest, target)
        with self.assertRaisesRegex(ValueError, "1. manifest.json: 'phone' is not a member that is known here; is it 'phones'\\?; 2. phones: 'triger'"):
            load(folder)

    def test_files_follow_what_is_installed(self):
        folder = self.unpacked('acme')
        plugin = load(folder)
        device, raw_config = {'mac': '00:aa:55:00:00:01', 'model': 'X1'}, {'ip': '192.0.2.10'}
        path = os.path.join(folder, 'var', 'tftpboot', 'Acme', '00aa55000001.cfg')

        def configured():
            plugin.configure(device, raw_config)
            with open(path, encoding='utf-8') as source:
                return source.read()
        self.assertIn('firmware =\n', configured())
        record = os.path.join(folder, 'var', 'installed', 'fw2')
        with open(record, 'w') as target:
            json.dump({'id': 'fw2', 'version': '1.0', 'files': []}, target)
        self.assertIn('firmware = x1-1.0.bin\n', configured())
        os.remove(record)
        self.assertIn('firmware =\n', configured())

    def test_phones_are_identified_and_scored(self):
        plugin = load(self.unpacked('acme'))
        identity = {'vendor': 'Acme', 'mac': '00:aa:55:00:00:01'}

        class Request(object):
            path = b'/Acme/00aa55%30%300001.cfg?x=y'

            def getHeader(self, name):
                return None

        self.assertEqual(plugin.http_dev_info_extractor.extract(Request(), 'http').result, identity)
        packet = {'packet': {'filename': b'Acme/00aa55000001.cfg'}, 'address': ('192.0.2.1', 69)}
        self.assertEqual(plugin.tftp_dev_info_extractor.extract(packet, 'tftp').result, identity)

        class Browser(Request):
            def getHeader(self, name):
                return 'Mozilla/5.0'
        self.assertIsNone(plugin.http_dev_info_extractor.extract(Browser(), 'http').result)
        offer = {'ip': '192.0.2.1', 'mac': '00:aa:55:00:00:01', 'options': {60: 'Acme X2'}}
        self.assertEqual(plugin.dhcp_dev_info_extractor.extract(offer, 'dhcp').result, {'vendor': 'Acme', 'model': 'X2'})
        self.assertIsNone(plugin.dhcp_dev_info_extractor.extract({'ip': '192.0.2.1', 'mac': 'x', 'options': {60: b'\xff'}}, 'dhcp').result)
        self.assertEqual(plugin.pg_associator.associate({'vendor': 'Acme', 'model': 'X2', 'version': '1.0'}), 600)
        self.assertEqual(plugin.pg_associator.associate({'vendor': 'Acme'}), 300)
        self.assertEqual(plugin.pg_associator.associate({}), 200)

    def test_devices_get_and_lose_their_files(self):
        folder = self.unpacked('xivo-aastra-3.3.1-SP2')
        plugin = load(folder)
        served = os.path.join(folder, 'var', 'tftpboot', 'Aastra')
        device = {'id': 'd', 'mac': '00:08:5d:23:74:29', 'model': '6731i'}
        raw_config = {'ip': '192.0.2.10', 'http_port': 8667, 'sip_servers_root_and_intermediate_certificates': 'PEM'}
        certificates = '00085D237429-ca_servers.crt'
        plugin.configure_common({'ip': '192.0.2.10', 'http_port': 8667})
        with open(os.path.join(served, 'aastra.cfg')) as source:
            self.assertIn('upgrade uri: http://192.0.2.10:8667/Aastra', source.read())
        plugin.configure(device, raw_config)
        self.assertEqual(sorted(os.listdir(served)), [certificates, '00085D237429.cfg', 'aastra.cfg'])
        del raw_config['sip_servers_root_and_intermediate_certificates']
        plugin.configure(device, raw_config)
        self.assertEqual(sorted(os.listdir(served)), ['00085D237429.cfg', 'aastra.cfg'])
        with self.assertRaisesRegex(Exception, 'no http_port'):
            plugin.configure(device, {'ip': '192.0.2.10'})
        self.assertEqual(plugin.get_remote_state_trigger_filename(device), '00085D237429.cfg')
        self.assertIsNone(plugin.get_remote_state_trigger_filename({}))
        self.assertTrue(plugin.is_sensitive_filename('00085D237429.cfg'))
        self.assertFalse(plugin.is_sensitive_filename('aastra.cfg'))
        self.assertEqual(plugin.synchronize(device, raw_config).result, (device, 'check-sync'))
        self.assertEqual(plugin.http_service.folder, os.path.join(folder, 'var', 'tftpboot'))
        plugin.deconfigure(device)
        plugin.deconfigure(device)
        self.assertEqual(os.listdir(served), ['aastra.cfg'])

    def test_services_can_be_called_and_read(self):
        plugin = load(self.unpacked('acme'))
        self.assertEqual(sorted(plugin.services), ['configure', 'install'])
        self.assertIs(plugin.services()['configure'], plugin.services['configure'])
        self.assertEqual(dict(load(self.unpacked('null')).services), {})
        self.assertEqual(sorted(load(self.unpacked('xivo-polycom-4.0.4')).services), ['install'])

    def test_configure_gets_sets_and_keeps(self):
        folder = self.unpacked('acme')
        configure = load(folder).services['configure']
        self.assertEqual([name for name, _ in configure.description],
                         ['download_user', 'download_password', 'language', 'ring_volume', 'night_light'])
        self.assertEqual(len(configure.description_fr), 5)
        self.assertEqual(configure.get('language'), 'en')
        self.assertIsNone(configure.get('download_user'))
        configure.set('language', 'fr')
        configure.set('download_user', u'Ren\u00e9e')
        again = load(folder).services['configure']
        self.assertEqual(again.get('language'), 'fr')
        self.assertEqual(again.get('download_user'), u'Ren\u00e9e')
        again.set('language', None)
        self.assertEqual(again.get('language'), 'en')

    def test_configure_refuses(self):
        configure = load(self.unpacked('acme')).services['configure']
        for name, value in [('language', 'xx'), ('language', 5), ('ring_volume', 11), ('ring_volume', -1), ('ring_volume', '5'),
                            ('ring_volume', True), ('night_light', 1), ('download_user', 5), ('download_user', [])]:
            with self.assertRaises(InvalidParameterError, msg=(name, value)):
                configure.set(name, value)
        for call in [lambda: configure.get('unknown'), lambda: configure.set('unknown', 'x')]:
            with self.assertRaises(KeyError):
                call()

    def test_pkgs_db_has_what_the_manifest_says(self):
        database = load(self.unpacked('acme')).services['install'].database
        self.assertEqual(database.get('pkg_fw2', 'files'), 'x1-1.0.bin x2-1.0.bin')
        self.assertEqual(database.get('pkg_lang', 'depends'), 'fw')
        self.assertEqual(database.get('file_x1-1.0.bin', 'url'), 'http://127.0.0.1:8080/files/acme/x1-1.0.bin')
        self.assertEqual(database.get('file_x1-1.0.bin', 'size'), '120000')
        self.assertEqual(database.items('install_fw2'), [('a-n0u', 'cp x1-1.0.bin Acme/'), ('a-n1u', 'cp x2-1.0.bin Acme/')])
        database = load(self.unpacked('xivo-aastra-3.3.1-SP2')).services['install'].database
        self.assertEqual(database.items('install_6753i-fw'), [('a-n0u', 'unzip 67XXi-fw.zip'), ('n0u-n0v', 'cp 53i.st Aastra/')])
        database = load(self.unpacked('xivo-polycom-4.0.4')).services['install'].database
        self.assertEqual(database.items('install_software'),
                         [('a-n0u', 'unzip software-4.0.4.zip'), ('n0u-n0v', 'include *.ld SoundPointIPLocalization')])
        self.assertEqual(database.items('install_updater'), [('a-n0u', 'unzip updater-5.0.3.zip'), ('n0u-n0v', 'exclude bootrom.ld')])
        database = load(self.unpacked('acme')).services['install'].database
        for section in database.sections():
            kind, _, name = section.partition('_')
            self.assertIn(kind, ['pkg', 'file', 'install'])
            if kind == 'pkg':
                for key in ['version', 'description']:
                    self.assertTrue(database.get(section, key))
                for entry in database.get(section, 'files', fallback='').split():
                    self.assertTrue(database.has_section('file_' + entry))
                if database.has_option(section, 'install'):
                    self.assertTrue(database.has_section('install_' + database.get(section, 'install')))
            if kind == 'file':
                self.assertEqual(len(database.get(section, 'sha1sum')), 40, name)

    def test_packages_of_every_fixture_make_a_pkgs_db(self):
        for package in ['odd-packages', 'xivo-aastra-3.3.1-SP2', 'xivo-aastra-4.3.0', 'xivo-polycom-4.0.4', 'xivo-polycom-5.4.3']:
            self.assertTrue(load(self.unpacked(package)).services['install'].database.sections(), package)

    def test_no_syntax_that_python_2_lacks(self):
        with open(os.path.join(PACKAGES, 'entry.py')) as source:
            tree = ast.parse(source.read())
        for node in ast.walk(tree):
            self.assertNotIsInstance(node, (ast.JoinedStr, ast.AnnAssign, ast.Nonlocal, ast.AsyncFunctionDef, ast.YieldFrom, ast.Starred),
                                     getattr(node, 'lineno', ''))
            if isinstance(node, ast.FunctionDef):
                self.assertIsNone(node.returns)
                self.assertFalse(node.args.kwonlyargs or any(arg.annotation for arg in node.args.args), node.name)
            if isinstance(node, ast.Raise):
                self.assertIsNone(node.cause)
            if isinstance(node, ast.ClassDef):
                self.assertTrue(node.bases and not node.keywords, node.name)

    def test_every_package_was_found(self):
        self.assertGreaterEqual(len(glob.glob(os.path.join(PACKAGES, '*.tar.bz2'))), 18)


if __name__ == '__main__':
    unittest.main()
