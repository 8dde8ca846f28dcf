"""What the benches in Python have in common: options, JDKs, the build, and processes of the bench that answer."""
import os, statistics, subprocess, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

def option(name, default):
    """The value of --name=value, or the default."""
    return next((a.split('=', 1)[1] for a in sys.argv[1:] if a.startswith(f'--{name}=')), default)

def java(version=''):
    """The program of a JDK below /usr/lib/jvm; without a version that of JAVA_HOME or of the path."""
    if not version:
        return os.path.join(os.environ['JAVA_HOME'], 'bin/java') if 'JAVA_HOME' in os.environ else 'java'
    found = sorted(Path('/usr/lib/jvm').glob(f'*{version}*/bin/java'))
    return str(found[0]) if found else sys.exit(f'No JDK {version} below /usr/lib/jvm')

def build(*modules, profiles=()):
    """Builds modules of the bench and writes their class paths, unless BENCH_BUILD=no."""
    if os.environ.get('BENCH_BUILD', 'yes') == 'yes':
        subprocess.run(['mvn', '-B', '-ntp', '-q', 'package', 'dependency:build-classpath', '-DincludeScope=runtime',
                        '-Dmdep.outputFile=target/classpath.txt', '-DskipTests', *(f'-P{p}' for p in profiles),
                        '-pl', ','.join(f'bench/{m}' for m in modules), '-am'], cwd=ROOT, check=True)

def class_path(module, jar=False):
    """That of a module which was built; its own classes as a folder, or as their jar."""
    folder = ROOT / 'bench' / module / 'target'
    own = next(j for j in folder.glob(f'fairlead-bench-{module}-*.jar') if 'sources' not in j.name) if jar else folder / 'classes'
    return f'{own}:{(folder / "classpath.txt").read_text().strip()}'

def bench_process(end, variant, *arguments):
    """The main class of one end of a variant, and its arguments."""
    return ['io.fairlead.bench.BenchProcess', end, variant, *arguments]

class Child:
    """A process that takes commands on its standard input, and answers with lines that begin with @."""

    def __init__(self, command, log):
        self.log = log
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=open(log, 'a'), text=True)
        self.first = self.answer()

    def answer(self):
        for line in self.process.stdout:
            if line.startswith('@'):
                return line
        raise SystemExit(f'{" ".join(self.process.args)[-120:]} ended; see {self.log}')

    def ask(self, command):
        self.process.stdin.write(command + '\n')
        self.process.stdin.flush()
        return self.answer()

    def end(self):
        """Lets it end by itself, and returns the seconds of CPU that it took."""
        self.process.stdin.close()
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return used.ru_utime + used.ru_stime

    def kill(self):
        self.process.kill()
        self.process.wait()

def spread(values):
    """Median, least and greatest of the ratios of rounds."""
    return f'{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})'
