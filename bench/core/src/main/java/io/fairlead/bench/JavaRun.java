package io.fairlead.bench;

import java.nio.file.Path;
import java.util.List;

/**
 * How to start a JVM.
 *
 * @param home of the JDK
 * @param classPath of the variant
 */
record JavaRun(Path home, String classPath) {
  /** The same small heap for all, so that none is helped by a late collection. */
  List<String> command() {
    return List.of(
        home.resolve("bin/java").toString(),
        "-Xms256m",
        "-Xmx1g",
        "-XX:+UseParallelGC",
        "-Djava.util.logging.SimpleFormatter.format=%1$tT %4$s %5$s%6$s%n",
        "-cp",
        classPath);
  }
}
