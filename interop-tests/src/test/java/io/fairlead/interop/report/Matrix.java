package io.fairlead.interop.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that the tests of one run found. They may write from any thread; it lies in a file, because
 * the check of it is a run of its own.
 */
final class Matrix {
  private static final Path FOLDER = Path.of("target", "matrix").toAbsolutePath();
  private static final Path CELLS = FOLDER.resolve("cells.tsv");
  private static final Path TIMES = FOLDER.resolve("times.tsv");

  private final Map<String, Cell> cells = new LinkedHashMap<>();
  private final Map<String, String> times = new TreeMap<>();

  private Matrix() {}

  /** A later word on a cell replaces an earlier one. */
  static synchronized void record(Cell cell) {
    append(CELLS, cell.toLine());
  }

  static synchronized void time(String what, String took) {
    append(TIMES, what + "\t" + took);
  }

  static Matrix read() {
    Matrix matrix = new Matrix();
    for (String line : lines(CELLS)) {
      Cell cell = Cell.ofLine(line);
      matrix.cells.put(cell.key(), cell);
    }
    for (String line : lines(TIMES)) {
      int tab = line.indexOf('\t');
      matrix.times.put(line.substring(0, tab), line.substring(tab + 1));
    }
    return matrix;
  }

  Collection<Cell> cells() {
    return cells.values();
  }

  Map<String, String> times() {
    return times;
  }

  private static void append(Path file, String line) {
    try {
      Recording.start();
      Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file, e);
    }
  }

  private static List<String> lines(Path file) {
    try {
      return Files.exists(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }

  /** Throws away what an earlier run wrote, once, and only in a run that writes. */
  private static final class Recording {
    static {
      try {
        Files.createDirectories(FOLDER);
        Files.deleteIfExists(CELLS);
        Files.deleteIfExists(TIMES);
      } catch (IOException e) {
        throw new UncheckedIOException("Cannot begin a matrix in " + FOLDER, e);
      }
    }

    static void start() {
      // The initializer did it.
    }
  }
}
