package io.fairlead.scaling;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Instances as units of a systemd template on this machine: {@code inventory@1.service}, {@code
 * inventory@2.service} and so on. They go on when this process ends, also by kill -9.
 *
 * <pre>{@code
 * SystemdUnits units =
 *     SystemdUnits.builder("inventory", "/usr/bin/java", "-jar", "/opt/inventory.jar", "{id}").build();
 * Files.writeString(Path.of("/etc/systemd/system", units.fileName()), units.file());
 * }</pre>
 *
 * <p>The id of {@code inventory@1.service} is {@code inventory-1}. The fencing token of the last
 * order is in a file. Safe for use by many threads, also in several processes of this machine.
 */
public final class SystemdUnits implements Actuator {
  /** Of our units; somebody may have started others of the same template. */
  private static final String NUMBER = "[1-9][0-9]{0,8}";

  private static final Set<String> RUNNING = Set.of("active", "activating", "reloading");

  private final String name;
  private final List<String> command;
  private final Duration stopTimeout;
  private final List<String> systemctl;
  private final Path tokenFile;
  private final FencingGuard guard;
  private final Pattern line;

  private SystemdUnits(Builder builder) {
    this.name = builder.name;
    this.command = builder.command;
    this.stopTimeout = builder.stopTimeout;
    this.systemctl = builder.systemctl;
    this.tokenFile =
        builder.tokenFile == null ? Path.of("/run/fairlead", name + ".token") : builder.tokenFile;
    this.guard = new FencingGuard(tokenFile);
    this.line =
        Pattern.compile(Pattern.quote(name + "@") + "(" + NUMBER + ")\\.service +\\S+ +(\\S+) .*");
  }

  /**
   * Starts to describe units.
   *
   * @param name of the template, in front of the {@code @}
   * @param command program, as an absolute path, and arguments; {@code {id}} in them stands for the
   *     id of the instance. Only {@link #file} takes it
   */
  public static Builder builder(String name, String... command) {
    return new Builder(name, List.of(command));
  }

  /** Returns the name of the unit file, such as {@code inventory@.service}. */
  public String fileName() {
    return name + "@.service";
  }

  /** Returns the text of the unit file. Run {@code systemctl daemon-reload} after a change. */
  public String file() {
    if (command.isEmpty()) {
      throw new IllegalStateException(
          "there is no command to write into " + fileName() + "; give it to builder(...)");
    }
    List<String> words = new ArrayList<>();
    command.forEach(word -> words.add(quoted(word)));
    return """
        [Unit]
        Description=%s, instance %%i
        Wants=network-online.target
        After=network-online.target

        [Service]
        Type=exec
        ExecStart=%s
        # A JVM that was told to end has this status.
        SuccessExitStatus=143
        Restart=on-failure
        RestartSec=1
        # Only the process itself is told to end, and has this long to serve its last calls.
        KillMode=mixed
        TimeoutStopSec=%d

        [Install]
        WantedBy=multi-user.target
        """
        .formatted(name, String.join(" ", words), stopTimeout.toSeconds());
  }

  /** As systemd reads a word: its specifiers and variables are doubled, and blanks are quoted. */
  private String quoted(String word) {
    String text =
        word.replace("\\", "\\\\")
            .replace("\"", "\\\"")
            .replace("%", "%%")
            .replace("$", "$$")
            .replace("{id}", name + "-%i");
    return text.chars().anyMatch(each -> " \t'\";".indexOf(each) >= 0) || text.isEmpty()
        ? "\"" + text + "\""
        : text;
  }

  @Override
  public List<String> instances() throws IOException {
    List<String> ids = new ArrayList<>();
    states()
        .forEach(
            (number, state) -> {
              if (RUNNING.contains(state)) {
                ids.add(name + "-" + number);
              }
            });
    return ids;
  }

  private Map<Integer, String> states() throws IOException {
    Map<Integer, String> states = new TreeMap<>();
    String text =
        run(
            List.of(
                "list-units", "--all", "--full", "--plain", "--no-legend", name + "@*.service"));
    for (String each : text.lines().toList()) {
      Matcher matcher = line.matcher(each.strip() + " ");
      if (matcher.matches()) {
        states.put(Integer.valueOf(matcher.group(1)), matcher.group(2));
      }
    }
    return states;
  }

  @Override
  public void start(int count, Order order) throws IOException {
    guarded(
        order,
        () -> {
          Map<Integer, String> states = states();
          List<String> arguments = new ArrayList<>(List.of("start", "--no-block"));
          // One that is still ending keeps its number.
          for (int number = 1; arguments.size() < count + 2; number++) {
            String state = states.getOrDefault(number, "inactive");
            if (state.equals("inactive") || state.equals("failed")) {
              arguments.add(name + "@" + number + ".service");
            }
          }
          String unused = run(arguments);
        });
  }

  @Override
  public void stop(List<String> ids, Order order) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("stop", "--no-block"));
    for (String id : ids) {
      if (id.matches(Pattern.quote(name) + "-" + NUMBER)) {
        arguments.add(name + "@" + id.substring(name.length() + 1) + ".service");
      }
    }
    guarded(
        order,
        () -> {
          if (arguments.size() > 2) {
            String unused = run(arguments);
          }
        });
  }

  private void guarded(Order order, FencingGuard.Work work) throws IOException {
    Path folder = tokenFile.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    guard.run(order, work);
  }

  private String run(List<String> arguments) throws IOException {
    List<String> line = new ArrayList<>(systemctl);
    line.addAll(arguments);
    Path output = Files.createTempFile("fairlead-systemctl", ".out");
    try {
      Process process =
          new ProcessBuilder(line)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .redirectInput(Path.of("/dev/null").toFile())
              .start();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("\"" + String.join(" ", line) + "\" did not end within 10 s");
      }
      String text = Files.readString(output, StandardCharsets.UTF_8);
      if (process.exitValue() != 0) {
        throw new IOException(
            "\"%s\" failed with status %d: %s"
                .formatted(String.join(" ", line), process.exitValue(), text.strip()));
      }
      return text;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      Files.deleteIfExists(output);
    }
  }

  @Override
  public String toString() {
    return "SystemdUnits[" + name + "]";
  }

  /** Collects what the units are to be. Not safe for use by several threads. */
  public static final class Builder {
    private final String name;
    private final List<String> command;
    private Duration stopTimeout = Duration.ofSeconds(60);
    private List<String> systemctl = List.of("systemctl");
    private @Nullable Path tokenFile;

    private Builder(String name, List<String> command) {
      if (!name.matches("[A-Za-z0-9][A-Za-z0-9_.-]*")) {
        throw new IllegalArgumentException(
            "\"" + name + "\" is no name of a template; use letters, digits, dots and hyphens");
      }
      if (!command.isEmpty() && !command.get(0).startsWith("/")) {
        throw new IllegalArgumentException(
            "the command "
                + command
                + " does not begin with the absolute path of a program, which systemd asks for");
      }
      if (command.stream().anyMatch(word -> word.chars().anyMatch(Character::isISOControl))) {
        throw new IllegalArgumentException("the command has a control character: " + command);
      }
      this.name = name;
      this.command = command;
    }

    /**
     * Sets how long an instance may take to end. Default: 60s. It should be longer than the drain
     * of its server takes.
     */
    public Builder stopTimeout(Duration value) {
      if (value.toSeconds() < 1) {
        throw new IllegalArgumentException("stopTimeout " + value + " is below a second");
      }
      stopTimeout = value;
      return this;
    }

    /** Sets how systemd is asked, such as with {@code "systemctl", "--user"}. */
    public Builder systemctl(String... words) {
      systemctl = List.of(words);
      return this;
    }

    /** Sets the file of the fencing token. Default: {@code /run/fairlead/NAME.token}. */
    public Builder tokenFile(Path file) {
      tokenFile = Objects.requireNonNull(file, "file");
      return this;
    }

    /** Makes it; starts nothing yet. */
    public SystemdUnits build() {
      return new SystemdUnits(this);
    }
  }
}
