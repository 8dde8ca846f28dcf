package io.fairlead.interop.http2;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What one run of h2spec found: per case nothing, or what it says of the failure. */
record H2SpecRun(Map<String, String> failures) implements AutoCloseable {
  static H2SpecRun read(Path report) {
    Map<String, String> failures = new LinkedHashMap<>();
    try {
      NodeList cases =
          DocumentBuilderFactory.newInstance()
              .newDocumentBuilder()
              .parse(report.toFile())
              .getElementsByTagName("testcase");
      for (int i = 0; i < cases.getLength(); i++) {
        Element one = (Element) cases.item(i);
        String name = one.getAttribute("package") + ": " + one.getAttribute("classname");
        failures.put(name, problem(one));
      }
    } catch (Exception e) {
      throw new IllegalStateException("h2spec wrote no report to " + report, e);
    }
    return new H2SpecRun(failures);
  }

  private static String problem(Element one) {
    for (String kind : List.of("failure", "error", "skipped")) {
      NodeList found = one.getElementsByTagName(kind);
      if (found.getLength() > 0) {
        return kind + " " + found.item(0).getTextContent();
      }
    }
    return "";
  }

  void assertPassed(String name) {
    assertThat(failures).as("cases that h2spec ran").containsKey(name);
    assertThat(failures.get(name)).as(name).isEmpty();
  }

  void assertOnly(List<String> names) {
    assertThat(names).containsAll(failures.keySet());
  }

  /** Nothing is open. */
  @Override
  public void close() {}
}
