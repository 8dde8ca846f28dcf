package io.fairlead.gateway.internal.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;

/**
 * Says where in a JSON text something is. It reads the text again from its beginning, so that a
 * text without errors pays nothing.
 */
final class JsonPlace {
  private static final int MAX_NAME = 80;
  private static final int MAX_PATH = 200;

  private JsonPlace() {}

  /** Returns the path to the value at an offset, such as {@code lines[2].price}. */
  static String path(byte[] in, int until) {
    // A name for each object that is open, and a number for each array.
    List<Object> open = new ArrayList<>();
    boolean name = false;
    int i = 0;
    while (i < in.length && i <= until) {
      switch (in[i]) {
        case '{', '[' -> {
          if (i < until) {
            open.add(in[i] == '{' ? (Object) "" : (Object) 0);
            name = in[i] == '{';
          }
          i++;
        }
        case '}', ']' -> {
          if (i < until && !open.isEmpty()) {
            open.remove(open.size() - 1);
          }
          i++;
        }
        case ',' -> {
          if (!open.isEmpty()) {
            int last = open.size() - 1;
            name = open.get(last) instanceof String;
            open.set(last, open.get(last) instanceof Integer index ? (Object) (index + 1) : "");
          }
          i++;
        }
        case '"' -> {
          int end = JsonText.stringEnd(in, i, in.length);
          if (name && !open.isEmpty()) {
            open.set(open.size() - 1, shortened(in, i + 1, Math.max(i + 1, end - 1)));
            name = false;
          }
          i = end;
        }
        default -> i++;
      }
    }
    StringBuilder path = new StringBuilder();
    for (Object each : open) {
      if (path.length() > MAX_PATH) {
        return path.append("...").toString();
      }
      if (each instanceof Integer) {
        path.append('[').append(each).append(']');
      } else if (!each.equals("")) {
        path.append(path.length() == 0 ? "" : ".").append(each);
      }
    }
    return path.toString();
  }

  private static String shortened(byte[] in, int from, int to) {
    int stop = Math.min(to, from + MAX_NAME);
    while (stop < to && (in[stop] & 0xc0) == 0x80) {
      stop--;
    }
    return new String(in, from, stop - from, UTF_8) + (stop < to ? "..." : "");
  }

  /** Returns an offset as line and column, both from 1. */
  static String lineAndColumn(byte[] in, int offset) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < Math.min(offset, in.length); i++) {
      if (in[i] == '\n') {
        line++;
        column = 1;
      } else if ((in[i] & 0xc0) != 0x80) {
        column++;
      }
    }
    return "line " + line + ", column " + column;
  }
}
