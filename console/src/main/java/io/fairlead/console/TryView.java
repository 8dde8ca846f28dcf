package io.fairlead.console;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import io.fairlead.discovery.Endpoint;
import java.util.List;

/** What can be called at an endpoint, and the fields of one method's request. */
final class TryView implements View {
  private static final int INSTANCES = 200;

  private final Callees callees;

  TryView(Callees callees) {
    this.callees = callees;
  }

  @Override
  public JsonObject read(ViewRequest request) {
    var unused = callees.contracts();
    JsonObject page = new JsonObject();
    page.addProperty("view", "try");
    page.add("instances", instances(request.fleet()));
    String instance = request.parameter("instance");
    String method = request.parameter("method");
    page.addProperty("instance", instance);
    page.addProperty("method", method);
    page.add("methods", new JsonArray());
    if (!instance.isEmpty()) {
      String address = request.fleet().callAddress(request.instance(instance));
      page.addProperty("address", address);
      List<ServiceDescriptor> services = callees.services(address, request.viewer());
      page.add("methods", ContractSchema.methods(services));
      if (!method.isEmpty()) {
        MethodDescriptor found = callees.method(address, request.viewer(), method);
        page.add("types", ContractSchema.types(found.getInputType()));
      }
    }
    View.addProblems(page, request, List.of());
    return page;
  }

  private static JsonArray instances(FleetState fleet) {
    JsonArray instances = new JsonArray();
    for (String service : fleet.services().keySet()) {
      for (Endpoint endpoint : fleet.endpoints(service)) {
        if (instances.size() < INSTANCES) {
          instances.add(service + "/" + endpoint.id());
        }
      }
    }
    if (instances.isEmpty()) {
      fleet.processes().keySet().forEach(instances::add);
    }
    return instances;
  }

  @Override
  public void print(JsonObject page, StringBuilder out) {
    View.printProblems(page, out);
    if (View.text(page, "instance").equals("-")) {
      out.append("choose one with ?instance=NAME:\n");
      page.getAsJsonArray("instances")
          .forEach(each -> out.append(TextTable.clean(each.getAsString())).append('\n'));
      return;
    }
    TextTable table = new TextTable("METHOD", "REQUEST", "RESPONSE");
    for (JsonObject each : View.rows(page, "methods")) {
      table.add(
          View.text(each, "name"),
          (each.get("clientStreaming").getAsBoolean() ? "stream " : "") + View.text(each, "input"),
          (each.get("serverStreaming").getAsBoolean() ? "stream " : "")
              + View.text(each, "output"));
    }
    table.printTo(out);
  }
}
