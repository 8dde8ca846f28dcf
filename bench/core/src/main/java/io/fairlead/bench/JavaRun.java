package io.fairlead.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How to start a JVM.
 *
 * @param home of the JDK
 * @param classPath of the variant
 * @param touched whether the heap is taken whole at the start, so that what grows later is not it
 */
record JavaRun(Path home, String classPath, boolean touched) {
  /** The same small heap for all, so that none is helped by a late collection. */
  List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(home.resolve("bin/java").toString());
    command.addAll(touched ? List.of("-Xms1g", "-XX:+AlwaysPreTouch") : List.of("-Xms256m"));
    command.addAll(
        List.of(
            "-Xmx1g",
            "-XX:+UseParallelGC",
            "-Djava.util.logging.SimpleFormatter.format=%1$tT %4$s %5$s%6$s%n",
            "-cp",
            classPath));
    return command;
  }
}
