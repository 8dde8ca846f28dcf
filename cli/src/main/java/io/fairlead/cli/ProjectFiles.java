package io.fairlead.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The files of a new project: templates, with the names that somebody chose. */
final class ProjectFiles {
  private static final Pattern PLACEHOLDER = Pattern.compile("@([A-Za-z-]+)@");

  private final Map<String, String> values = new LinkedHashMap<>();
  private final String name;
  private final String packagePath;

  ProjectFiles(String name, String packageName, String group) {
    this.name = name;
    this.packagePath = packageName.replace('.', '/');
    versions().forEach((key, value) -> values.put(key.toString(), value.toString()));
    values.put("name", name);
    values.put("Name", words(name));
    values.put("package", packageName);
    values.put("group", group);
    values.put("protopackage", packageName + ".v1");
    values.put("protopath", packagePath + "/v1");
    values.put("file", name.replace('-', '_'));
  }

  /** Returns {@code OrderDesk} of {@code order-desk}. */
  private static String words(String name) {
    StringBuilder words = new StringBuilder();
    for (String word : name.split("-", -1)) {
      words.append(Character.toUpperCase(word.charAt(0))).append(word, 1, word.length());
    }
    return words.toString();
  }

  /** The versions that this build was tested with. */
  private static Properties versions() {
    Properties versions = new Properties();
    try (InputStream in = open("versions.properties")) {
      versions.load(in);
      return versions;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Map<String, String> targets() {
    Map<String, String> targets = new LinkedHashMap<>();
    targets.put("README.md", "README.md");
    targets.put("pom.xml", "pom.xml");
    targets.put(
        "contract.proto", "src/main/proto/" + packagePath + "/v1/" + values.get("file") + ".proto");
    for (String each : List.of("Server", "Handler", "Client")) {
      targets.put(each + ".java", "src/main/java/" + packagePath + "/" + each + ".java");
    }
    for (String each : List.of("HandlerTest", "ServerTest")) {
      targets.put(each + ".java", "src/test/java/" + packagePath + "/" + each + ".java");
    }
    targets.put("Dockerfile", "Dockerfile");
    targets.put("dockerignore", ".dockerignore");
    targets.put("gitignore", ".gitignore");
    targets.put("kubernetes.yaml", "kubernetes/" + name + ".yaml");
    return targets;
  }

  /** Writes all files, and returns their paths in the folder, which must have nothing in it. */
  List<String> write(Path folder) {
    List<String> written = new ArrayList<>();
    try {
      checkEmpty(folder);
      for (Map.Entry<String, String> each : targets().entrySet()) {
        Path file = folder.resolve(each.getValue());
        Path parent = file.getParent();
        if (parent != null) {
          Files.createDirectories(parent);
        }
        Files.writeString(file, text(each.getKey()), StandardOpenOption.CREATE_NEW);
        written.add(each.getValue());
      }
      return written;
    } catch (IOException e) {
      throw new CommandException(
          ExitCode.FAILED, "the project cannot be written to " + folder + ": " + e);
    }
  }

  private static void checkEmpty(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    if (!Files.isDirectory(folder)) {
      throw new CommandException(
          ExitCode.USAGE, folder + " is a file; --directory names another folder");
    }
    try (Stream<Path> there = Files.list(folder)) {
      if (there.findAny().isPresent()) {
        throw new CommandException(
            ExitCode.USAGE, folder + " is not empty; --directory names another folder");
      }
    }
  }

  private String text(String template) throws IOException {
    String text;
    try (InputStream in = open("project/" + template)) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    Matcher placeholder = PLACEHOLDER.matcher(text);
    StringBuilder filled = new StringBuilder();
    while (placeholder.find()) {
      String value = values.get(placeholder.group(1));
      // What is no placeholder of ours stays as it is.
      placeholder.appendReplacement(
          filled, Matcher.quoteReplacement(value == null ? placeholder.group() : value));
    }
    return placeholder.appendTail(filled).toString();
  }

  private static InputStream open(String resource) {
    InputStream in = ProjectFiles.class.getResourceAsStream(resource);
    if (in == null) {
      throw new IllegalStateException(resource + " is not in the jar");
    }
    return in;
  }
}
