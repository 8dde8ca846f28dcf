package io.fairlead.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import javax.lang.model.SourceVersion;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a project that builds, is tested, and runs. */
@Command(
    name = "new",
    description =
        "Makes a project for Maven: a contract, a server, a client, tests, a Dockerfile, and files for"
            + " Kubernetes. It overwrites nothing.")
final class NewCommand implements Callable<Integer> {
  /** Also a label of Kubernetes, an artifact of Maven and an image. */
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*(?:-[a-z0-9]+)*");

  private static final int LONGEST_NAME = 63;

  private final Terminal terminal;

  @Parameters(
      paramLabel = "NAME",
      description = "Of the project and the service, such as order-desk.")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private String name;

  @Option(
      names = "--package",
      paramLabel = "NAME",
      description = "The package of its classes. Default: the name without hyphens.")
  private @Nullable String packageName;

  @Option(
      names = "--group",
      paramLabel = "NAME",
      description = "The group of its artifact. Default: the package.")
  private @Nullable String group;

  @Option(
      names = {"-d", "--directory"},
      paramLabel = "FOLDER",
      description = "Where to put it; must be empty or not there. Default: ./NAME.")
  private @Nullable Path directory;

  @Option(names = "--json", description = "Writes the files as JSON.")
  private boolean json;

  NewCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    checkName();
    String chosenPackage = packageName == null ? name.replace("-", "") : packageName;
    checkPackage(chosenPackage);
    String chosenGroup = group == null ? chosenPackage : group;
    if (!chosenGroup.matches("[A-Za-z0-9_.-]+")) {
      throw new CommandException(
          ExitCode.USAGE,
          "\"" + chosenGroup + "\" is not a group of Maven; use letters, digits, dots and hyphens");
    }
    Path folder = directory == null ? Path.of(name) : directory;
    List<String> files = new ProjectFiles(name, chosenPackage, chosenGroup).write(folder);
    print(folder, files);
    return ExitCode.OK;
  }

  private void checkName() {
    if (NAME.matcher(name).matches() && name.length() <= LONGEST_NAME) {
      return;
    }
    String similar =
        name.replaceAll("([a-z0-9])([A-Z])", "$1-$2")
            .toLowerCase(Locale.ROOT)
            .replaceAll("[^a-z0-9]+", "-")
            .replaceAll("^[-0-9]+|-+$", "");
    boolean usable = NAME.matcher(similar).matches() && similar.length() <= LONGEST_NAME;
    throw new CommandException(
        ExitCode.USAGE,
        "\""
            + name
            + "\" is not a name for a project; use at most "
            + LONGEST_NAME
            + " small letters and digits, with single hyphens between words"
            + (usable ? "; did you mean \"" + similar + "\"?" : ", such as order-desk"));
  }

  private static void checkPackage(String chosen) {
    if (!SourceVersion.isName(chosen)
        || !chosen.matches("[a-z][a-z0-9_]*(?:\\.[a-z][a-z0-9_]*)*")) {
      throw new CommandException(
          ExitCode.USAGE,
          "\""
              + chosen
              + "\" is not a package for classes; name one with --package, such as"
              + " com.example.orders");
    }
    if (chosen.equals("java") || chosen.startsWith("java.")) {
      throw new CommandException(
          ExitCode.USAGE,
          "the package " + chosen + " belongs to Java; name another with --package");
    }
  }

  private void print(Path folder, List<String> files) {
    if (json) {
      JsonObject object = new JsonObject();
      object.addProperty("directory", folder.toString());
      JsonArray array = new JsonArray();
      files.forEach(array::add);
      object.add("files", array);
      terminal.out().println(object);
      return;
    }
    files.forEach(each -> terminal.out().println(folder.resolve(each)));
    terminal
        .out()
        .println("next: cd " + folder + " && mvn package && java -jar target/" + name + ".jar");
  }
}
