package io.fairlead.codegen.emit;

import java.util.ArrayList;
import java.util.List;

/**
 * Returns a text from a method: as a text block, or as several where one would be too long for a
 * class file.
 */
final class JsonLiteral {
  /** A constant holds 65,535 bytes; our text is ASCII. */
  private static final int LONGEST = 60_000;

  private JsonLiteral() {}

  static void write(JavaFile file, String json) {
    List<List<String>> blocks = blocks(json);
    if (blocks.size() == 1) {
      file.line("return \"\"\"");
      file.continued(() -> block(file, blocks.get(0), ";"));
      return;
    }
    file.line("return " + file.name(RuntimeTypes.STRING) + ".join(");
    file.continued(
        () -> {
          file.line("\"\",");
          for (int i = 0; i < blocks.size(); i++) {
            file.line("\"\"\"");
            block(file, blocks.get(i), i + 1 < blocks.size() ? "," : ");");
          }
        });
  }

  private static void block(JavaFile file, List<String> lines, String after) {
    lines.forEach(line -> file.line(JavaText.textBlockLine(line)));
    file.line("\"\"\"" + after);
  }

  private static List<List<String>> blocks(String json) {
    List<List<String>> blocks = new ArrayList<>();
    List<String> block = new ArrayList<>();
    int length = 0;
    for (String line : json.stripTrailing().split("\n", -1)) {
      if (length + line.length() > LONGEST) {
        blocks.add(block);
        block = new ArrayList<>();
        length = 0;
      }
      block.add(line);
      length += line.length() + 1;
    }
    blocks.add(block);
    return blocks;
  }
}
