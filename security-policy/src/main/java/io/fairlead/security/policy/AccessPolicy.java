package io.fairlead.security.policy;

import io.fairlead.security.Caller;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Rules on who may call which method. Immutable.
 *
 * <pre>{@code
 * # deny wins over allow, and what no rule allows is denied
 * deny  contractors  method shop.v1.Inventory/Import  caller contractor-*
 * allow readers      method shop.v1.Inventory/Watch   scope inventory.read
 * allow warehouse    method shop.v1.Inventory/*       caller warehouse loading-dock
 * }</pre>
 *
 * <p>A line is a rule: {@code deny} or {@code allow}, a name, and conditions. {@code method} needs
 * one of its values, {@code caller} too, and {@code scope} all. A value that ends with {@code *}
 * stands for all that begin like it. Text behind a {@code #} is a comment.
 */
public final class AccessPolicy {
  /** The name that stands for no rule at all. */
  public static final String NO_RULE = "no rule";

  private static final Set<String> CONDITIONS = Set.of("method", "caller", "scope");
  private static final long MAX_FILE_BYTES = 1 << 20;

  private final List<AccessRule> rules;

  private AccessPolicy(List<AccessRule> rules) {
    this.rules = List.copyOf(rules);
  }

  /**
   * Reads a policy.
   *
   * @throws IllegalArgumentException names each line that is wrong, with the file, and the way out
   * @throws IOException if the file cannot be read
   */
  public static AccessPolicy read(Path file) throws IOException {
    return parse(file.toString(), text(file));
  }

  static String text(Path file) throws IOException {
    if (Files.size(file) > MAX_FILE_BYTES) {
      throw new IOException(file + " is larger than " + MAX_FILE_BYTES + " bytes");
    }
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new IOException(file + " is not UTF-8", e);
    }
  }

  /**
   * Reads a policy from text.
   *
   * @param source stands before the numbers of lines in errors
   * @throws IllegalArgumentException names each line that is wrong, and the way out
   */
  public static AccessPolicy parse(String source, String text) {
    List<AccessRule> rules = new ArrayList<>();
    List<String> errors = new ArrayList<>();
    Map<String, Integer> lineByName = new HashMap<>();
    int number = 0;
    for (String line : text.split("\\r?\\n", -1)) {
      number++;
      try {
        refuseInvisible(line);
        String content = withoutComment(line).strip();
        if (content.isEmpty()) {
          continue;
        }
        AccessRule rule = rule(content.split("\\s+"));
        Integer first = lineByName.putIfAbsent(rule.name(), number);
        if (first != null) {
          throw new LineException(
              "the rule \"" + rule.name() + "\" is on line " + first + " already; rename one");
        }
        rules.add(rule);
      } catch (LineException e) {
        errors.add(source + ":" + number + ": " + e.getMessage());
      }
    }
    if (errors.isEmpty() && rules.stream().allMatch(AccessRule::deny)) {
      errors.add(
          source + ":1: no rule allows anything, so nobody could call; add a line with allow");
    }
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", errors));
    }
    return new AccessPolicy(rules);
  }

  /**
   * Some characters end a line for one reader and not for another, or have no width. With them, a
   * rule could look like a comment, or a name like another.
   */
  private static void refuseInvisible(String line) throws LineException {
    for (int at = 0; at < line.length(); at = line.offsetByCodePoints(at, 1)) {
      int character = line.codePointAt(at);
      int type = Character.getType(character);
      if (character != '\t'
          && character != ' '
          && (type == Character.CONTROL
              || type == Character.FORMAT
              || Character.isSpaceChar(character))) {
        throw new LineException(
            String.format(
                "there is an invisible character, U+%04X, at column %d; use spaces and tabs alone,"
                    + " and UTF-8 without a byte order mark",
                character, at + 1));
      }
    }
  }

  /** A {@code #} within a word is part of it. */
  private static String withoutComment(String line) {
    for (int at = line.indexOf('#'); at >= 0; at = line.indexOf('#', at + 1)) {
      if (at == 0 || line.charAt(at - 1) == ' ' || line.charAt(at - 1) == '\t') {
        return line.substring(0, at);
      }
    }
    return line;
  }

  private static AccessRule rule(String[] words) throws LineException {
    String verb = words[0];
    if (!verb.equals("deny") && !verb.equals("allow")) {
      throw new LineException("a rule begins with deny or allow, not with \"" + verb + "\"");
    }
    if (words.length < 2 || CONDITIONS.contains(words[1])) {
      throw new LineException(
          "the rule has no name; write it behind "
              + verb
              + ", as in "
              + verb
              + " readers method …");
    }
    if (AccessRefusal.BUILT_IN.contains(words[1])) {
      throw new LineException(
          "the name \"" + words[1] + "\" stands for refusals without a rule; use another");
    }
    Map<String, List<String>> values = conditions(words);
    if (values.getOrDefault("method", List.of()).isEmpty()) {
      throw new LineException(
          "the rule \""
              + words[1]
              + "\" names no method; add method shop.v1.Inventory/Reserve, or"
              + " method * for all");
    }
    return new AccessRule(
        verb.equals("deny"),
        words[1],
        values.getOrDefault("method", List.of()),
        values.getOrDefault("caller", List.of()),
        values.getOrDefault("scope", List.of()));
  }

  private static Map<String, List<String>> conditions(String[] words) throws LineException {
    Map<String, List<String>> values = new HashMap<>();
    List<String> current = null;
    String condition = "";
    for (String word : Arrays.asList(words).subList(2, words.length)) {
      if (CONDITIONS.contains(word)) {
        refuseEmpty(condition, current);
        condition = word;
        current = new ArrayList<>();
        if (values.put(word, current) != null) {
          throw new LineException(word + " is stated twice; write its values behind one another");
        }
      } else if (current == null) {
        throw new LineException(
            "\""
                + word
                + "\" is not a condition; use method, caller or scope, and values behind it");
      } else {
        current.add(value(condition, word));
      }
    }
    refuseEmpty(condition, current);
    return values;
  }

  private static void refuseEmpty(String condition, @Nullable List<String> values)
      throws LineException {
    if (values != null && values.isEmpty()) {
      throw new LineException(condition + " has no value; write one behind it");
    }
  }

  private static String value(String condition, String word) throws LineException {
    int star = word.indexOf('*');
    if (star >= 0 && (condition.equals("scope") || star != word.length() - 1)) {
      throw new LineException(
          condition.equals("scope")
              ? "a scope has no *; write each scope"
              : "\"" + word + "\" has a * before its end; only the end may be left open");
    }
    if (condition.equals("method")) {
      refuseNoMethod(word, star >= 0);
    }
    return word;
  }

  /** A rule that fits no method would deny nothing, without a word. */
  private static void refuseNoMethod(String word, boolean open) throws LineException {
    int slash = word.indexOf('/');
    if (slash < 0 && !open) {
      throw new LineException(
          "\"" + word + "\" is no method; write " + word + "/* for all methods of the service");
    }
    if (slash == 0 || slash == word.length() - 1 || slash != word.lastIndexOf('/')) {
      throw new LineException(
          "\""
              + word
              + "\" is no method; write its service, one / and its name, as in"
              + " shop.v1.Inventory/Reserve");
    }
  }

  /** What is decided, and by which rule. */
  Decision decide(String method, Caller caller) {
    for (AccessRule rule : rules) {
      if (rule.deny() && rule.fits(method, caller)) {
        return new Decision(false, rule.name());
      }
    }
    for (AccessRule rule : rules) {
      if (!rule.deny() && rule.fits(method, caller)) {
        return new Decision(true, rule.name());
      }
    }
    return new Decision(false, NO_RULE);
  }

  /** Returns whether a caller may call a method; for tests of a policy. */
  public boolean allows(String method, Caller caller) {
    return decide(method, caller).allowed();
  }

  /** Returns the name of the rule that decides, if there is one; for tests of a policy. */
  public Optional<String> decidingRule(String method, Caller caller) {
    String rule = decide(method, caller).rule();
    return rule.equals(NO_RULE) ? Optional.empty() : Optional.of(rule);
  }

  /** Returns how many rules there are of each kind. */
  @Override
  public String toString() {
    long denying = rules.stream().filter(AccessRule::deny).count();
    return denying + " deny, " + (rules.size() - denying) + " allow";
  }

  record Decision(boolean allowed, String rule) {}

  /** What is wrong with one line; caught in this class. */
  private static final class LineException extends Exception {
    private static final long serialVersionUID = 1L;

    LineException(String message) {
      super(message);
    }
  }
}
