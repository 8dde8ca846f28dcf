package io.fairlead.interop.peer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which versions of others the report speaks of. */
public final class Versions {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final Pattern NUMBERS = Pattern.compile("\\d+\\.\\d+[\\w.-]*");

  private final SortedMap<String, String> all = new TreeMap<>();

  private Versions() {}

  /** By the names that the report uses. */
  public static SortedMap<String, String> all() {
    Versions versions = new Versions();
    versions.pinned();
    versions.installed();
    return versions.all;
  }

  private void pinned() {
    String go = "google\\.golang\\.org/grpc v(\\S+)";
    pinned("grpc-go", "go-interop/go.mod", go);
    pinned("grpc-go, the contract", "go-depot/go.mod", go);
    pinned("grpc-java", "java/pom.xml", "<version>(\\d+\\.\\S+)</version>");
    pinned("grpcio", "python/requirements.txt", "grpcio==(\\S+)");
    pinned("grpcio-reflection", "python/requirements.txt", "grpcio-reflection==(\\S+)");
    pinned("grpc-js", "node/package.json", "grpc-js\": \"([^\"]+)");
    pinned("grpc-js-reflection-client", "node/package.json", "reflection-client\": \"([^\"]+)");
    pinned("tonic", "rust/Cargo.toml", "tonic = \\{ version = \"=([^\"]+)");
    pinned("etcd's Go package naming", "go-etcd/go.mod", "etcd/client/v3 v(\\S+)");
    pinned("go-kratos' registry", "go-kratos/go.mod", "registry/etcd/v2 v(\\S+)");
    pinned("go-zero's discov", "go-zero/go.mod", "zeromicro/go-zero v(\\S+)");
    pinned("Kitex' registry", "go-kitex/go.mod", "kitex-contrib/registry-etcd v(\\S+)");
    pinned("Kitex", "go-kitex/go.mod", "cloudwego/kitex v(\\S+)");
    pinned("grpcurl", "go-tools/go.mod", "fullstorydev/grpcurl v(\\S+)");
    pinned("ghz", "go-tools/go.mod", "bojand/ghz v(\\S+)");
    pinned("grpc-health-probe", "go-tools/go.mod", "grpc-health-probe v(\\S+)");
    pinned("h2spec", "go-h2spec/go.mod", "summerwind/h2spec v([0-9.]+)");
  }

  private void installed() {
    installed("C++ (Debian's grpc++)", Map.of(), "pkg-config", "--modversion", "grpc++");
    installed("etcd", Map.of(), "etcd", "--version");
    installed("etcdctl", Map.of("ETCDCTL_API", "3"), "etcdctl", "version");
    installed("Go", Map.of(), "go", "version");
    installed("Node", Map.of(), "node", "--version");
    installed("Python", Map.of(), "python3", "--version");
    installed("Rust", Map.of(), "cargo", "--version");
    all.put("Java", Runtime.version().toString());
  }

  /** The first group of the pattern is the version. */
  private void pinned(String name, String file, String pattern) {
    try {
      String text = Files.readString(Build.SOURCES.resolve(file));
      Matcher matcher = Pattern.compile(pattern).matcher(text);
      if (!matcher.find()) {
        throw new IllegalStateException(file + " has nothing like " + pattern);
      }
      all.put(name, matcher.group(1));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }

  private void installed(String name, Map<String, String> environment, String... command) {
    if (!Commands.exists(command[0])) {
      all.put(name, "not installed");
      return;
    }
    String said = Commands.run(Build.SOURCES, environment, List.of(command), LIMIT).output();
    Matcher numbers = NUMBERS.matcher(said);
    all.put(name, numbers.find() ? numbers.group() : said.strip());
  }
}
