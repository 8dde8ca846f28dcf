package io.fairlead.codegen.contract;

import io.fairlead.codegen.names.JavaNames;

/**
 * What every reader of a part of the contract needs.
 *
 * @param policies the options of the contract that are ours
 * @param names the Java names that the user asks for
 */
record ContractInputs(
    DescriptorPool pool, PolicyExtensions policies, JavaNames names, Diagnostics diagnostics) {}
