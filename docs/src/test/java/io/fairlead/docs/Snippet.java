package io.fairlead.docs;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A block of Java on a page, made whole for the compiler.
 *
 * @param page where it stands
 * @param line of the page on which its code begins, from 1
 * @param code as it stands on the page
 * @param given what the page's readers see without being shown: a comment {@code <!-- given: ...
 *     -->} right above the block, with members of a class
 */
record Snippet(String page, int line, String code, String given) {
  private static final Pattern GIVEN =
      Pattern.compile("<!-- given:((?:(?!-->).)*)-->\\s*$", Pattern.DOTALL);
  private static final Pattern LAST_COMMENT = Pattern.compile("(?:\n\\s*//[^\n]*)+\\s*$");
  private static final Pattern MEMBER =
      Pattern.compile(
          "(?m)^(?:@|/\\*\\*|(?:public|private|static|final|interface|class|record)\\b)");

  /** The blocks of a page, in order. */
  static List<Snippet> of(String page, String text) {
    List<Snippet> found = new ArrayList<>();
    List<String> lines = text.lines().toList();
    StringBuilder above = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).strip().equals("```java")) {
        above.append(lines.get(i)).append('\n');
        continue;
      }
      int begin = i + 1;
      int end = begin;
      while (end < lines.size() && !lines.get(end).strip().equals("```")) {
        end++;
      }
      Matcher given = GIVEN.matcher(above);
      found.add(
          new Snippet(
              page,
              begin + 1,
              String.join("\n", lines.subList(begin, end)),
              given.find() ? given.group(1).strip() : ""));
      above.setLength(0);
      i = end;
    }
    return found;
  }

  /** The block itself if it is a whole file, else a class that holds it as its form requires. */
  String source(String className) {
    if (isFile()) {
      return code;
    }
    String after = isMember() ? "" : isExpression() ? ";\n  }\n" : "  }\n";
    return before(className) + code + "\n" + after + "}\n";
  }

  /** The lines of the class before the code. */
  int offset(String className) {
    return isFile() ? 0 : (int) before(className).lines().count();
  }

  private boolean isFile() {
    return code.startsWith("package ");
  }

  private boolean isMember() {
    return MEMBER.matcher(code).lookingAt();
  }

  private boolean isExpression() {
    String bare = LAST_COMMENT.matcher(code).replaceAll("").stripTrailing();
    return !isMember() && !bare.endsWith(";") && !bare.endsWith("}");
  }

  private String before(String className) {
    return """
    import io.fairlead.*;
    import io.fairlead.admin.*;
    import io.fairlead.balance.*;
    import io.fairlead.client.*;
    import io.fairlead.console.*;
    import io.fairlead.contract.*;
    import io.fairlead.discovery.*;
    import io.fairlead.gateway.*;
    import io.fairlead.lifecycle.*;
    import io.fairlead.management.*;
    import io.fairlead.observe.*;
    import io.fairlead.policy.*;
    import io.fairlead.registry.etcd.*;
    import io.fairlead.scaling.*;
    import io.fairlead.security.*;
    import io.fairlead.security.jwt.*;
    import io.fairlead.security.policy.*;
    import io.fairlead.experiments.*;
    import io.fairlead.security.spiffe.*;
    import io.fairlead.server.*;
    import io.fairlead.starter.*;
    import io.fairlead.telemetry.*;
    import io.fairlead.telemetry.micrometer.*;
    import io.fairlead.telemetry.opentelemetry.*;
    import io.fairlead.telemetry.prometheus.*;
    import io.fairlead.testkit.*;
    import io.grpc.*;
    import java.net.*;
    import java.nio.file.*;
    import java.time.*;
    import java.util.*;
    import java.util.concurrent.*;
    import shop.v1.*;
    """
        + "abstract class "
        + className
        + " {\n"
        + (given.isEmpty() ? "" : given + "\n")
        + (isMember() ? "" : "  void snippet() throws Exception {\n")
        + (isExpression() ? "    Object made =\n" : "");
  }
}
