//! What counts as a definition in each language, by the kinds of nodes of its grammar.

use super::Syntax;

/// The kinds of nodes that matter for finding the enclosing definition.
pub(super) struct Kinds {
    /// Functions, methods, classes and their like; in data languages objects, tables and sections.
    pub definitions: &'static [&'static str],
    /// The same, where they have a `body` or more than one line: `struct s { … }`, not `struct s *next`; a C# property
    /// with accessors, not `public int X { get; set; }`.
    pub large: &'static [&'static str],
    /// Functions without a name, which are definitions where a wrapper names them: `const f = () => …`.
    pub nameless: &'static [&'static str],
    /// What belongs to the single definition inside it: `export`, `template <…>`, `const f =`.
    pub wrappers: &'static [&'static str],
    /// What belongs to the definition that follows it: comments, attributes, decorators.
    pub leads: &'static [&'static str],
    /// What is meant when no definition encloses the point: `describe("…", () => { … })`, a loop in a script.
    pub fallbacks: &'static [&'static str],
}

const NONE: Kinds =
    Kinds { definitions: &[], large: &[], nameless: &[], wrappers: &[], leads: &["comment"], fallbacks: &[] };

const JAVASCRIPT: Kinds = Kinds {
    definitions: &[
        "function_declaration",
        "generator_function_declaration",
        "class_declaration",
        "method_definition",
        "class_static_block",
    ],
    nameless: &["arrow_function", "function_expression", "generator_function", "class"],
    wrappers: &[
        "export_statement",
        "lexical_declaration",
        "variable_declaration",
        "variable_declarator",
        "expression_statement",
        "assignment_expression",
        "pair",
        "field_definition",
    ],
    leads: &["comment", "decorator"],
    fallbacks: &["expression_statement"],
    ..NONE
};

const TYPESCRIPT: Kinds = Kinds {
    definitions: &[
        "function_declaration",
        "generator_function_declaration",
        "function_signature",
        "class_declaration",
        "abstract_class_declaration",
        "method_definition",
        "class_static_block",
        "interface_declaration",
        "enum_declaration",
    ],
    large: &["type_alias_declaration"],
    wrappers: &[
        "export_statement",
        "ambient_declaration",
        "lexical_declaration",
        "variable_declaration",
        "variable_declarator",
        "expression_statement",
        "assignment_expression",
        "pair",
        "public_field_definition",
    ],
    ..JAVASCRIPT
};

const C: Kinds = Kinds {
    definitions: &["function_definition", "preproc_function_def"],
    large: &["struct_specifier", "union_specifier", "enum_specifier"],
    wrappers: &["type_definition", "declaration", "field_declaration"],
    ..NONE
};

const CPP: Kinds = Kinds {
    definitions: &["function_definition", "preproc_function_def", "concept_definition"],
    large: &["struct_specifier", "union_specifier", "enum_specifier", "class_specifier"],
    wrappers: &["type_definition", "declaration", "field_declaration", "template_declaration"],
    ..NONE
};

const BASH: Kinds = Kinds {
    definitions: &["function_definition"],
    fallbacks: &[
        "if_statement",
        "for_statement",
        "c_style_for_statement",
        "while_statement",
        "case_statement",
        "compound_statement",
        "subshell",
        "list",
        "pipeline",
        "command",
        "redirected_statement",
    ],
    ..NONE
};

const CSHARP: Kinds = Kinds {
    definitions: &[
        "class_declaration",
        "struct_declaration",
        "interface_declaration",
        "enum_declaration",
        "record_declaration",
        "method_declaration",
        "constructor_declaration",
        "destructor_declaration",
        "operator_declaration",
        "conversion_operator_declaration",
        "local_function_statement",
    ],
    large: &["property_declaration", "indexer_declaration", "event_declaration"],
    leads: &["comment", "attribute_list"],
    ..NONE
};

const CSS: Kinds = Kinds {
    definitions: &[
        "rule_set",
        "media_statement",
        "supports_statement",
        "keyframes_statement",
        "at_rule",
        "keyframe_block",
    ],
    ..NONE
};

/// A function at the outermost level is two nodes, its head and its body, so that its paragraph is meant.
const DART: Kinds = Kinds {
    definitions: &[
        "class_declaration",
        "enum_declaration",
        "mixin_declaration",
        "extension_declaration",
        // With the body behind it, which is a node of its own.
        "function_signature",
        "getter_signature",
        "setter_signature",
    ],
    large: &["class_member"],
    ..NONE
};

const SCALA: Kinds = Kinds {
    definitions: &[
        "class_definition",
        "object_definition",
        "trait_definition",
        "enum_definition",
        "function_definition",
        "function_declaration",
        "given_definition",
        "extension_definition",
    ],
    leads: &["comment", "block_comment"],
    ..NONE
};

const SWIFT: Kinds = Kinds {
    definitions: &[
        "class_declaration",
        "protocol_declaration",
        "function_declaration",
        "protocol_function_declaration",
        "init_declaration",
        "deinit_declaration",
        "subscript_declaration",
    ],
    large: &["property_declaration"],
    leads: &["comment", "multiline_comment"],
    ..NONE
};

const GO: Kinds = Kinds {
    definitions: &["function_declaration", "method_declaration", "type_spec"],
    nameless: &["func_literal"],
    wrappers: &["type_declaration", "var_declaration", "var_spec", "short_var_declaration", "expression_list"],
    ..NONE
};

const JAVA: Kinds = Kinds {
    definitions: &[
        "class_declaration",
        "interface_declaration",
        "enum_declaration",
        "record_declaration",
        "annotation_type_declaration",
        "method_declaration",
        "constructor_declaration",
        "compact_constructor_declaration",
        "static_initializer",
    ],
    leads: &["line_comment", "block_comment"],
    ..NONE
};

const KOTLIN: Kinds = Kinds {
    definitions: &[
        "class_declaration",
        "object_declaration",
        "companion_object",
        "function_declaration",
        "secondary_constructor",
    ],
    nameless: &["anonymous_function"],
    wrappers: &["property_declaration"],
    leads: &["line_comment", "block_comment"],
    fallbacks: &["call_expression"],
    ..NONE
};

const LUA: Kinds = Kinds {
    definitions: &["function_declaration"],
    nameless: &["function_definition"],
    wrappers: &["variable_declaration", "assignment_statement", "expression_list", "field"],
    fallbacks: &["function_call"],
    ..NONE
};

const PHP: Kinds = Kinds {
    definitions: &[
        "function_definition",
        "method_declaration",
        "class_declaration",
        "interface_declaration",
        "trait_declaration",
        "enum_declaration",
    ],
    nameless: &["anonymous_function", "arrow_function"],
    wrappers: &["expression_statement", "assignment_expression"],
    fallbacks: &["expression_statement"],
    ..NONE
};

const POWERSHELL: Kinds = Kinds {
    definitions: &["function_statement", "class_statement", "enum_statement", "class_method_definition"],
    fallbacks: &[
        "pipeline",
        "if_statement",
        "foreach_statement",
        "for_statement",
        "while_statement",
        "do_statement",
        "switch_statement",
        "try_statement",
    ],
    ..NONE
};

const PYTHON: Kinds =
    Kinds { definitions: &["function_definition", "class_definition"], wrappers: &["decorated_definition"], ..NONE };

const RUBY: Kinds = Kinds {
    definitions: &["method", "singleton_method", "class", "singleton_class", "module"],
    wrappers: &["call", "argument_list"],
    fallbacks: &["call"],
    ..NONE
};

const RUST: Kinds = Kinds {
    definitions: &[
        "function_item",
        "function_signature_item",
        "impl_item",
        "trait_item",
        "struct_item",
        "enum_item",
        "union_item",
        "macro_definition",
    ],
    leads: &["line_comment", "block_comment", "attribute_item"],
    ..NONE
};

pub(super) fn kinds(syntax: Syntax) -> &'static Kinds {
    const JSON: Kinds = Kinds { definitions: &["object"], wrappers: &["pair"], ..NONE };
    const YAML: Kinds = Kinds {
        definitions: &["block_mapping", "flow_mapping"],
        wrappers: &["block_mapping_pair", "flow_pair", "block_node", "flow_node", "block_sequence_item"],
        ..NONE
    };
    const HTML: Kinds = Kinds { large: &["element", "script_element", "style_element"], ..NONE };
    const HCL: Kinds = Kinds { definitions: &["block"], ..NONE };
    const XML: Kinds = Kinds { large: &["element"], leads: &["Comment"], ..NONE };
    const MARKDOWN: Kinds = Kinds { definitions: &["section"], leads: &[], ..NONE };
    const TOML: Kinds = Kinds { definitions: &["table", "table_array_element"], ..NONE };
    const SQL: Kinds = Kinds { definitions: &["statement"], leads: &["comment", "marginalia"], ..NONE };
    match syntax {
        Syntax::Bash => &BASH,
        Syntax::C => &C,
        Syntax::CSharp => &CSHARP,
        Syntax::Cpp => &CPP,
        Syntax::Css => &CSS,
        Syntax::Dart => &DART,
        Syntax::Go => &GO,
        Syntax::Hcl => &HCL,
        Syntax::Html => &HTML,
        Syntax::Java => &JAVA,
        Syntax::JavaScript => &JAVASCRIPT,
        Syntax::Json | Syntax::Jsonc => &JSON,
        Syntax::Kotlin => &KOTLIN,
        Syntax::Lua => &LUA,
        Syntax::Markdown => &MARKDOWN,
        Syntax::Php => &PHP,
        Syntax::PowerShell => &POWERSHELL,
        Syntax::Python => &PYTHON,
        Syntax::Ruby => &RUBY,
        Syntax::Rust => &RUST,
        Syntax::Scala => &SCALA,
        Syntax::Sql => &SQL,
        Syntax::Swift => &SWIFT,
        Syntax::Toml => &TOML,
        Syntax::Tsx | Syntax::TypeScript => &TYPESCRIPT,
        Syntax::Xml => &XML,
        Syntax::Yaml => &YAML,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_exists_in_its_grammar() {
        let mut unknown = Vec::new();
        for syntax in Syntax::ALL {
            let grammar = syntax.grammar();
            let kinds = kinds(syntax);
            let lists = [kinds.definitions, kinds.large, kinds.nameless, kinds.wrappers, kinds.leads, kinds.fallbacks];
            for kind in lists.into_iter().flatten() {
                if grammar.id_for_node_kind(kind, true) == 0 {
                    unknown.push((syntax, *kind));
                }
            }
        }
        assert_eq!(unknown, []);
    }

    #[test]
    fn every_language_has_definitions() {
        for syntax in Syntax::ALL {
            let kinds = kinds(syntax);
            assert!(!kinds.definitions.is_empty() || !kinds.large.is_empty(), "{syntax:?}");
        }
    }
}
