package io.fairlead.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The BOM, which has no parent, agrees with the build that it stands for. */
class BomTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern VERSION = Pattern.compile("<([\\w.-]+\\.version)>([^<]+)</");
  private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");
  private static final Pattern ARTIFACT = Pattern.compile("<artifactId>([^<]+)</artifactId>");

  @Test
  void usersGetTheVersionsThatWereTested() throws IOException {
    Map<String, String> build = versions(read("pom.xml"));
    Map<String, String> bom = versions(read("bom/pom.xml"));
    assertThat(bom)
        .containsKeys("grpc.version", "protobuf.version", "netty.version", "junit.version");
    bom.forEach((name, version) -> assertThat(build).containsEntry(name, version));
  }

  @Test
  void junitIsInTheBomForTheModuleThatExtendsIt() throws IOException {
    assertThat(read("bom/pom.xml")).contains("<artifactId>junit-bom</artifactId>");
  }

  @Test
  void everyPublishedJarIsInTheBom() throws IOException {
    String bom = read("bom/pom.xml");
    Set<String> missing = new TreeSet<>();
    for (MatchResult module : MODULE.matcher(read("pom.xml")).results().toList()) {
      String pom = read(module.group(1) + "/pom.xml");
      if (pom.contains("<packaging>pom</packaging>")
          || pom.contains("<maven.deploy.skip>true</maven.deploy.skip>")) {
        continue;
      }
      // The first artifact that is named after the parent is the module's own.
      String own = pom.substring(pom.indexOf("</parent>"));
      String artifact = ARTIFACT.matcher(own).results().findFirst().orElseThrow().group(1);
      if (!bom.contains("<artifactId>" + artifact + "</artifactId>")) {
        missing.add(artifact);
      }
    }
    assertThat(missing).isEmpty();
  }

  private static Map<String, String> versions(String pom) {
    Map<String, String> versions = new TreeMap<>();
    VERSION.matcher(pom).results().forEach(found -> versions.put(found.group(1), found.group(2)));
    return versions;
  }

  private static String read(String path) throws IOException {
    return Files.readString(ROOT.resolve(path));
  }
}
