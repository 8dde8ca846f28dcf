package io.fairlead.codegen.emit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a comment line by line, and writes the HTML of its blocks: paragraphs, lists, and code
 * between fences or indented.
 *
 * <p>It reads the part of Markdown that people write in contracts, and nothing within a line.
 */
final class JavadocMarkup {
  private static final Pattern ITEM = Pattern.compile("( *)([-*+]|(\\d{1,9})[.)])( +)(\\S.*)");
  private static final Pattern FENCE = Pattern.compile(" *(`{3,}|~{3,})[^`]*");

  /** Aligns the further lines of an item with the text behind its tag. */
  private static final String ITEM_INDENT = "    ";

  /** Text that is indented so far beyond the text around it is code. */
  private static final int CODE = 2;

  private final List<String> lines = new ArrayList<>();
  private final Deque<OpenList> lists = new ArrayDeque<>();
  private boolean inParagraph;
  private @Nullable Code code;

  /**
   * A list whose end has not come.
   *
   * @param marker the column of its markers
   * @param content the column of the text behind them
   */
  private record OpenList(String tag, int marker, int content) {}

  /** A block of code whose end has not come. */
  private static final class Code {
    /** What ends it, empty if the indentation does. */
    final String fence;

    /** The columns that all of its lines have before them. */
    final int margin;

    /** Empty lines that belong to it if more of it follows. */
    int blankLines;

    Code(String fence, int margin) {
      this.fence = fence;
      this.margin = margin;
    }
  }

  /** What was written, with every block closed. */
  List<String> lines() {
    closeCode();
    closeLists(-1);
    return lines;
  }

  void add(String line) {
    if (code != null && addToCode(code, line)) {
      return;
    }
    if (line.isEmpty()) {
      inParagraph = false;
      return;
    }
    int indent = Javadoc.indent(line);
    Matcher fence = FENCE.matcher(line);
    Matcher item = ITEM.matcher(line);
    if (fence.matches()) {
      closeLists(indent);
      openCode(fence.group(1), indent);
    } else if (item.matches() && isItem(item)) {
      addItem(item);
    } else if (inParagraph) {
      write(lists.size(), lists.isEmpty() ? line : ITEM_INDENT + line.strip());
    } else {
      closeLists(indent);
      OpenList list = lists.peek();
      int around = list == null ? 0 : list.content();
      if (indent >= around + CODE) {
        openCode("", indent);
        lines.add(Javadoc.escape(line.strip()));
      } else {
        startBlock();
        write(lists.size(), (lines.isEmpty() ? "" : "<p>"), line.strip());
        inParagraph = true;
      }
    }
  }

  /**
   * Whether a line that looks like an item is one: "2026. It was" in the midst of a text is not.
   */
  private boolean isItem(Matcher item) {
    String number = item.group(3);
    OpenList list = lists.peek();
    return number == null
        || number.equals("1")
        || (list != null && list.tag().equals("ol") && item.group(1).length() >= list.marker());
  }

  private void addItem(Matcher item) {
    int marker = item.group(1).length();
    String tag = item.group(3) == null ? "ul" : "ol";
    closeLists(marker, tag);
    OpenList list = lists.peek();
    int content = item.start(5);
    if (list == null || marker >= list.content()) {
      startBlock();
      write(lists.size(), "<" + tag + ">", "");
      lists.push(new OpenList(tag, marker, content));
    }
    write(lists.size(), "<li>", item.group(5));
    inParagraph = true;
  }

  /** Closes the lists that text in this column cannot belong to. */
  private void closeLists(int column) {
    while (!lists.isEmpty() && column < lists.element().content()) {
      closeList();
    }
  }

  /** The same for an item with its marker in this column. */
  private void closeLists(int marker, String tag) {
    while (!lists.isEmpty()) {
      OpenList list = lists.element();
      boolean nextItem = marker >= list.marker() && tag.equals(list.tag());
      if (marker >= list.content() || nextItem) {
        return;
      }
      closeList();
    }
  }

  private void closeList() {
    OpenList list = lists.pop();
    write(lists.size(), "</" + list.tag() + ">", "");
    inParagraph = false;
  }

  private void openCode(String fence, int margin) {
    startBlock();
    write(lists.size(), "<pre>", "");
    code = new Code(fence, margin);
    inParagraph = false;
  }

  /** Whether the line belongs to the code, its last line included. */
  private boolean addToCode(Code code, String line) {
    String text = line.strip();
    boolean fenced = !code.fence.isEmpty();
    if (fenced && text.startsWith(code.fence) && text.replace(text.substring(0, 1), "").isEmpty()) {
      closeCode();
      return true;
    }
    if (text.isEmpty()) {
      code.blankLines++;
      return true;
    }
    int indent = Javadoc.indent(line);
    if (!fenced && indent < code.margin) {
      closeCode();
      return false;
    }
    for (; code.blankLines > 0; code.blankLines--) {
      lines.add("");
    }
    lines.add(Javadoc.escape(line.substring(Math.min(indent, code.margin))));
    return true;
  }

  private void closeCode() {
    if (code != null) {
      write(lists.size(), "</pre>", "");
      code = null;
    }
  }

  /** Between two blocks is an empty line, but not within a list. */
  private void startBlock() {
    if (!lines.isEmpty() && lists.isEmpty()) {
      lines.add("");
    }
  }

  private void write(int depth, String text) {
    write(depth, "", text);
  }

  private void write(int depth, String tag, String text) {
    lines.add("  ".repeat(depth) + tag + Javadoc.escape(text));
  }
}
