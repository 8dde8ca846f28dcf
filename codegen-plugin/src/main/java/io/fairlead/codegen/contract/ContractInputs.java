package io.fairlead.codegen.contract;

import io.fairlead.codegen.names.JavaNames;

/**
 * What every reader of a part of the contract needs.
 *
 * @param policies the options of the contract that are ours
 * @param routes what google.api.http says, of all methods so far
 * @param names the Java names that the user asks for
 */
record ContractInputs(
    DescriptorPool pool,
    PolicyExtensions policies,
    HttpRuleReader routes,
    JavaNames names,
    Diagnostics diagnostics) {}
