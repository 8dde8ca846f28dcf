package io.fairlead.options;

import com.google.protobuf.Descriptors.Descriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.NullMarked;

/**
 * A path of {@code google.api.http}, such as {@code /v1/{name=shelves/*}/books:move}. The code
 * generator and the gateway both read it here. Immutable.
 *
 * @param segments literals, {@value #ONE} or, once, {@value #REST}
 * @param variables in the order of the template
 * @param verb what stands after the colon; empty without one
 */
@NullMarked // by hand: the rest of this package is generated
public record HttpPath(List<String> segments, List<Variable> variables, String verb) {
  /** A segment of any text. */
  public static final String ONE = "*";

  /** All segments that are left, or none. */
  public static final String REST = "**";

  /** Values of these have one text in JSON, so they may stand in a path or a query. */
  private static final Set<String> TEXTUAL =
      Set.of(
          "Timestamp",
          "Duration",
          "FieldMask",
          "DoubleValue",
          "FloatValue",
          "Int64Value",
          "UInt64Value",
          "Int32Value",
          "UInt32Value",
          "BoolValue",
          "StringValue",
          "BytesValue");

  /**
   * A part of the path that goes to a field.
   *
   * @param field names, with dots
   * @param from the first segment
   * @param to after the last segment
   * @param single whether it is exactly one segment, of any text
   */
  public record Variable(String field, int from, int to, boolean single) {}

  /**
   * Reads a path.
   *
   * @throws IllegalArgumentException with what is wrong, if it is none
   */
  public static HttpPath parse(String text) {
    return new Parser(text).parse();
  }

  /**
   * Returns the part of a path that goes to a variable.
   *
   * @param given the segments of a path that this template matches
   */
  public List<String> of(Variable variable, List<String> given) {
    int rest = segments.indexOf(REST);
    // What stands behind the segment that is many moves by as many as it has more than one.
    int more = given.size() - segments.size();
    int from = rest >= 0 && variable.from() > rest ? variable.from() + more : variable.from();
    int to = rest >= 0 && variable.to() > rest ? variable.to() + more : variable.to();
    return given.subList(from, to);
  }

  /** Returns whether values of a message type have a text. */
  public static boolean isTextual(Descriptor type) {
    return type.getFile().getPackage().equals("google.protobuf")
        && TEXTUAL.contains(type.getName());
  }

  private static final class Parser {
    private final String text;
    private final List<String> segments = new ArrayList<>();
    private final List<Variable> variables = new ArrayList<>();
    private int at;

    Parser(String text) {
      this.text = text;
    }

    HttpPath parse() {
      expect('/');
      String verb = "";
      if (at < text.length() && peek() != ':') {
        segments(false);
      }
      if (at < text.length() && peek() == ':') {
        at++;
        verb = literal("");
        if (verb.isEmpty()) {
          throw bad("nothing follows the colon");
        }
      }
      if (at < text.length()) {
        throw bad("'" + peek() + "' is not expected");
      }
      if (segments.indexOf(REST) != segments.lastIndexOf(REST)) {
        throw bad("** may stand once only");
      }
      return new HttpPath(List.copyOf(segments), List.copyOf(variables), verb);
    }

    private void segments(boolean inVariable) {
      segment(inVariable);
      while (at < text.length() && peek() == '/') {
        at++;
        segment(inVariable);
      }
    }

    private void segment(boolean inVariable) {
      if (at >= text.length()) {
        throw bad("a segment is empty");
      }
      if (text.startsWith(REST, at)) {
        at += 2;
        segments.add(REST);
      } else if (peek() == '*') {
        at++;
        segments.add(ONE);
      } else if (peek() == '{') {
        if (inVariable) {
          throw bad("a variable stands within a variable");
        }
        variable();
      } else {
        String literal = literal("/}");
        if (literal.isEmpty()) {
          throw bad("a segment is empty");
        }
        segments.add(literal);
      }
    }

    private void variable() {
      expect('{');
      int end = at;
      while (end < text.length() && text.charAt(end) != '=' && text.charAt(end) != '}') {
        end++;
      }
      String field = text.substring(at, end).trim();
      if (!field.matches("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)*")) {
        throw bad("\"" + field + "\" is no name of a field");
      }
      at = end;
      int from = segments.size();
      if (at < text.length() && peek() == '=') {
        at++;
        segments(true);
      } else {
        segments.add(ONE);
      }
      expect('}');
      int to = segments.size();
      boolean single = to == from + 1 && segments.get(from).equals(ONE);
      variables.add(new Variable(field, from, to, single));
    }

    /** Reads until a slash, a colon or one of these. */
    private String literal(String ends) {
      int from = at;
      while (at < text.length() && "/:{}*".indexOf(peek()) < 0 && ends.indexOf(peek()) < 0) {
        at++;
      }
      return text.substring(from, at);
    }

    private char peek() {
      return text.charAt(at);
    }

    private void expect(char wanted) {
      if (at >= text.length() || peek() != wanted) {
        throw bad("'" + wanted + "' is missing at " + at);
      }
      at++;
    }

    private IllegalArgumentException bad(String why) {
      return new IllegalArgumentException("the path \"" + text + "\" cannot be used: " + why);
    }
  }
}
