"""The tree has no offence against the purity line and the doors, and the lint sees one when there is one."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "scripts/lib"))
import rooms_lint  # noqa: E402


class RoomsLint(unittest.TestCase):
    def run_on(self, top):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = rooms_lint.main(top)
        return status, out.getvalue()

    def run_on_file(self, path, text):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, path)
            file.parent.mkdir(parents=True)
            file.write_text(text)
            return self.run_on(pathlib.Path(folder))

    def test_this_tree_is_clean(self):
        status, text = self.run_on(TOP)
        self.assertEqual(status, 0, text)

    def test_offences_are_found_with_file_and_line(self):
        for path, text in (
            ("sbc/sip/a.cc", "#include <sys/socket.h>"),
            ("sbc/sip/a.cc", "#include <thread>"),
            ("sbc/call/a.h", '#include "media-relay/base/clock.h"'),
            ("sbc/call/a.h", '#include "../net/transports.h"'),
            ("sbc/call/a.cc", "auto now = std::chrono::steady_clock::now();"),
            ("sbc/auth/a.h", "#include <mutex>"),
            ("sbc/net/a.h", "#include <event2/event.h>"),
            ("sbc/admin/a.h", "#include <prometheus/registry.h>"),
            ("sbc/app/a.h", "#include <spdlog/spdlog.h>"),
            ("sbc/sip/a.h", "#include <openssl/evp.h>"),
            ("sbc/app/a.h", "#include <lua.hpp>"),
            ("sbc/app/a.h", "#include <toml++/toml.h>"),
            ("sbc/relay_client/a.h", "#include <control_wire/control.pb.h>"),
            ("sbc/call/a.h", '#include "media-relay/session/config.h"'),
            ("media-relay/session/a.h", '#include "sbc/sip/uri.h"'),
        ):
            status, out = self.run_on_file(path, f"// first line\n{text}\n")
            self.assertEqual(status, 1, f"{path}: {text}")
            self.assertTrue(out.startswith(f"{path}:2: "), out)

    def test_what_is_allowed_passes(self):
        for path, text in (
            ("sbc/net/a.cc", "#include <sys/socket.h>"),
            ("sbc/sip/a.cc", '#include "media-relay/base/ip.h"'),
            ("sbc/sip/a.cc", "// std::chrono::steady_clock::now() is not for us"),
            ("media-relay/loop/a.cc", "#include <event2/event.h>"),
            ("sbc/policy/a.cc", "#include <lua.hpp>"),
        ):
            status, out = self.run_on_file(path, f"{text}\n")
            self.assertEqual(status, 0, out)

    def test_an_empty_tree_is_an_error(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.run_on(pathlib.Path(folder))[0], 1)


if __name__ == "__main__":
    unittest.main()
