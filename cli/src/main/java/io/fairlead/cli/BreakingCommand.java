package io.fairlead.cli;

import com.google.gson.JsonArray;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** Says which changes of a contract break those who use it. */
@Command(
    name = "breaking",
    description = {
      "Compares two states of a contract, and says what breaks clients, servers or stored messages: by the"
          + " rules of buf, and by rules about policies.",
      "The exit code is 1 if something does."
    })
final class BreakingCommand implements Callable<Integer> {
  private static final Pattern RULE = Pattern.compile("[A-Z0-9]+(?:_[A-Z0-9]+)+");

  private final Terminal terminal;

  @Parameters(
      index = "0",
      paramLabel = "OLD",
      description = "A folder with .proto files, or a descriptor set of protoc.")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private Path old;

  @Parameters(index = "1", paramLabel = "NEW", description = "The same, after the change.")
  @SuppressWarnings("NullAway.Init") // picocli sets it before it runs
  private Path changed;

  @Option(
      names = "--category",
      paramLabel = "NAME",
      split = ",",
      converter = CategoryConverter.class,
      description =
          "FILE, PACKAGE, WIRE_JSON or WIRE, as in buf, or POLICY. May be given several times. Default:"
              + " FILE and POLICY.")
  private List<BreakingRule.Category> categories =
      List.of(BreakingRule.Category.FILE, BreakingRule.Category.POLICY);

  @Option(
      names = "--ignore",
      paramLabel = "WHAT",
      description =
          "A rule, a file or a folder as others import it, or RULE:PATH. May be given several times.")
  private List<String> ignored = new ArrayList<>();

  @Option(
      names = {"-I", "--include"},
      paramLabel = "FOLDER",
      description = "Where else imports are. May be given several times.")
  private List<Path> includes = new ArrayList<>();

  @Option(
      names = "--protoc",
      paramLabel = "FILE",
      description = "The protoc that reads folders. Default: that of the path.")
  private String protoc = "protoc";

  @Option(names = "--json", description = "Writes JSON.")
  private boolean json;

  BreakingCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    List<Ignored> ignoring = ignored.stream().map(BreakingCommand::ignored).toList();
    Set<BreakingRule.Category> chosen = EnumSet.copyOf(categories);
    BreakingChanges found =
        new BreakingChanges(
            change ->
                change.rule().categories().stream().anyMatch(chosen::contains)
                    && ignoring.stream().noneMatch(each -> each.covers(change)));
    Protoc compiler = new Protoc(protoc, includes);
    Contract before = Contract.read(old, compiler);
    Contract after = Contract.read(changed, compiler);
    new WireComparison(before, after, found).run();
    new PolicyComparison(before, after, found).run();
    List<BreakingChange> changes = found.sorted();
    print(changes);
    return changes.isEmpty() ? ExitCode.OK : ExitCode.FAILED;
  }

  private void print(List<BreakingChange> changes) {
    if (json) {
      JsonArray array = new JsonArray();
      changes.forEach(each -> array.add(each.json()));
      terminal.out().println(array);
      return;
    }
    changes.forEach(each -> terminal.out().println(each.message().replaceAll("\\p{Cntrl}", " ")));
    int count = changes.size();
    terminal
        .out()
        .println(
            switch (count) {
              case 0 -> "no breaking change";
              case 1 -> "1 breaking change";
              default -> count + " breaking changes";
            });
  }

  /**
   * What nobody wants to hear of.
   *
   * @param rule null for each
   * @param path a file or a folder; null for each
   */
  private record Ignored(@Nullable BreakingRule rule, @Nullable String path) {
    boolean covers(BreakingChange change) {
      return (rule == null || rule == change.rule())
          && (path == null || change.file().equals(path) || change.file().startsWith(path + "/"));
    }
  }

  private static Ignored ignored(String text) {
    int colon = text.indexOf(':');
    String first = colon < 0 ? text : text.substring(0, colon);
    if (!RULE.matcher(first).matches()) {
      if (colon >= 0) {
        throw unknown(first);
      }
      return new Ignored(null, path(text));
    }
    if (!BreakingRule.names().contains(first)) {
      throw unknown(first);
    }
    return new Ignored(
        BreakingRule.valueOf(first), colon < 0 ? null : path(text.substring(colon + 1)));
  }

  private static String path(String text) {
    String path = text.replace('\\', '/');
    return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  private static CommandException unknown(String rule) {
    return new CommandException(
        ExitCode.USAGE,
        "no rule \"" + rule + "\" for --ignore" + Suggestions.forTypo(rule, BreakingRule.names()));
  }

  /** Reads a category in any case, and corrects typos. */
  static final class CategoryConverter implements ITypeConverter<BreakingRule.Category> {
    @Override
    public BreakingRule.Category convert(String text) {
      List<String> known = Arrays.stream(BreakingRule.Category.values()).map(Enum::name).toList();
      String name = text.toUpperCase(Locale.ROOT);
      if (!known.contains(name)) {
        throw new TypeConversionException(
            "no category \"" + text + "\"" + Suggestions.forName(text, known));
      }
      return BreakingRule.Category.valueOf(name);
    }
  }
}
