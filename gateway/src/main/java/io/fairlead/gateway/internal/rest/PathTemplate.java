package io.fairlead.gateway.internal.rest;

import java.util.ArrayList;
import java.util.List;

/**
 * A path of {@code google.api.http}, such as {@code /v1/{name=shelves/*}/books:move}. Immutable.
 *
 * @param segments literals, {@value #ONE} or, last, {@value #REST}
 * @param variables in the order of the template
 * @param verb what stands after the colon; empty without one
 */
record PathTemplate(List<String> segments, List<Variable> variables, String verb) {
  static final String ONE = "*";
  static final String REST = "**";

  /**
   * A part of the path that goes to a field.
   *
   * @param field names, with dots
   * @param from the first segment
   * @param to after the last segment
   * @param single whether it is exactly one segment, of any text
   */
  record Variable(String field, int from, int to, boolean single) {}

  static PathTemplate parse(String text) {
    return new Parser(text).parse();
  }

  boolean endsWithRest() {
    return !segments.isEmpty() && segments.get(segments.size() - 1).equals(REST);
  }

  private static final class Parser {
    private final String text;
    private final List<String> segments = new ArrayList<>();
    private final List<Variable> variables = new ArrayList<>();
    private int at;

    Parser(String text) {
      this.text = text;
    }

    PathTemplate parse() {
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
      int rest = segments.indexOf(REST);
      if (rest >= 0 && rest < segments.size() - 1) {
        throw bad("** may stand last only");
      }
      return new PathTemplate(List.copyOf(segments), List.copyOf(variables), verb);
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
