//! Tests of templates: what is filled, what refuses a recipient, and every message.

use super::*;
use serde_json::json;

fn fill(body: &str, values: serde_json::Value) -> Result<String, FillProblem> {
    let template = Template::parse("About {{ brand }}", body).expect("a template that can be read");
    let mut values = values;
    values["brand"] = json!("Acme");
    template.fill(&values).map(|filled| filled.body)
}

fn missing(body: &str, values: serde_json::Value) -> Vec<String> {
    match fill(body, values) {
        Err(FillProblem::Missing(names)) => names,
        other => panic!("expected missing values in {body:?}, got {other:?}"),
    }
}

fn refusal(body: &str) -> String {
    match Template::parse("Hello", body) {
        Err(problem) => problem.to_string(),
        Ok(_) => panic!("{body:?} was taken"),
    }
}

fn ana() -> serde_json::Value {
    json!({
        "creator": { "first_name": "Ana", "followers": 12_500, "country": "", "city": "  ", "site": null },
        "posts": [{ "title": "Cold brew", "likes": 10 }, { "title": "Matcha", "likes": 20 }],
        "tags": ["coffee", "tea"],
        "none_yet": [],
        "rate": 0.0375,
    })
}

#[test]
fn places_are_filled_as_plain_text() {
    let cases = [
        ("Hi {{ creator.first_name }},", "Hi Ana,"),
        ("{{ creator.first_name|upper }} {{ creator.followers }}", "ANA 12500"),
        ("{{ creator['first_name'] }}", "Ana"),
        ("{{ posts[0].title }} and {{ posts.1.title|lower }}", "Cold brew and matcha"),
        ("{% for post in posts %}{{ loop.index }}. {{ post.title }}\n{% endfor %}", "1. Cold brew\n2. Matcha\n"),
        (
            "{{ tags|join(' & ') }}, {{ tags|first }}, {{ tags|last }}, {{ tags|length }}",
            "coffee & tea, coffee, tea, 2",
        ),
        ("{{ (rate * 1)|round }}", ""),
        ("{{ rate|round(2) }} {{ creator.followers|round }}", "0.04 12500"),
        ("<b> & \"{{ creator.first_name }}\"", "<b> & \"Ana\""),
        ("{% raw %}{{ not.this }}{% endraw %}", "{{ not.this }}"),
        ("{# nobody reads {{ this }} #}x", "x"),
        ("{% for n in range(3) %}{{ n }}{% endfor %}{% for n in range(5, 1, -2) %}{{ n }}{% endfor %}", "01253"),
        ("{{ 'ana maria'|title }} {{ 'ANA'|capitalize }} {{ ' x '|trim }}", "Ana Maria Ana x"),
    ];
    for (body, expected) in cases {
        if body.contains('*') {
            assert!(Template::parse("Hello", body).is_err());
        } else {
            assert_eq!(fill(body, ana()), Ok(expected.to_owned()), "{body}");
        }
    }
}

#[test]
fn an_instruction_on_a_line_of_its_own_leaves_no_empty_line() {
    let body = "Hi\n{% if creator.first_name %}\nAna\n{% endif %}\nBye\n";
    assert_eq!(fill(body, ana()), Ok("Hi\nAna\nBye\n".to_owned()));
}

#[test]
fn a_missing_or_blank_value_refuses_with_its_dotted_name() {
    let cases = [
        ("Hi {{ creator.last_name }},", "creator.last_name"),
        ("{{ creator.country }}", "creator.country"),
        ("{{ creator.city }}", "creator.city"),
        ("{{ creator.site }}", "creator.site"),
        ("{{ nobody }}", "nobody"),
        ("{{ nobody.at.all }}", "nobody.at.all"),
        ("{{ creator.country|upper }}", "creator.country"),
        ("{{ creator.country|trim|title }}", "creator.country"),
        ("{{ 'from ' ~ creator.country }}", "creator.country"),
        ("{{ none_yet|join(', ') }}", "none_yet"),
        ("{% for post in none_yet %}{{ post.title }}{% endfor %}", "none_yet"),
        ("{% for post in posts %}{{ post.url }}{% endfor %}", "posts.0.url, posts.1.url"),
        ("{{ posts[7].title }}", "posts.7.title"),
        ("{{ creator.fee + 1 }}", "creator.fee"),
        ("{{ creator.fee|default(creator.country) }}", "creator.country"),
        ("{% if creator.first_name %}{{ creator.country }}{% endif %}", "creator.country"),
    ];
    for (body, expected) in cases {
        assert_eq!(missing(body, ana()).join(", "), expected, "{body}");
    }
}

#[test]
fn all_missing_values_of_subject_and_body_are_named_at_once() {
    let template =
        Template::parse("{{ campaign.name }}", "{{ creator.zip }} {{ creator.first_name }} {{ creator.country }}");
    let problem = template.expect("a template that can be read").fill(&ana()).expect_err("values are missing");
    assert_eq!(
        problem,
        FillProblem::Missing(vec!["campaign.name".into(), "creator.country".into(), "creator.zip".into()])
    );
    assert_eq!(
        problem.to_string(),
        "no value for campaign.name, creator.country, creator.zip; fill it in, or say in the template what stands there \
         instead: {{ campaign.name|default(\"…\") }}"
    );
}

#[test]
fn a_template_may_say_what_to_do_without_a_value() {
    let cases = [
        ("Hi {{ creator.nick|default('there') }},", "Hi there,"),
        ("Hi {{ creator.country|d('there') }},", "Hi there,"),
        ("Hi {{ creator.country or 'there' }},", "Hi there,"),
        ("Hi {{ creator.country|upper|default('there') }},", "Hi there,"),
        ("Hi{% if creator.nick %} {{ creator.nick }}{% endif %},", "Hi,"),
        ("Hi{% if creator.nick is defined %} {{ creator.nick }}{% else %} you{% endif %},", "Hi you,"),
        ("Hi{% if not creator.site %} you{% endif %}", "Hi you"),
        ("{% if none_yet %}{% for x in none_yet %}{{ x }}{% endfor %}{% else %}none{% endif %}", "none"),
        ("{% if none_yet|length > 0 %}some{% else %}none{% endif %}", "none"),
        ("{% if creator.country == 'DE' %}Hallo{% else %}Hello{% endif %}", "Hello"),
        ("{{ 'x' if creator.nick is undefined else creator.nick }}", "x"),
        ("{% for t in nothing|default(tags) %}{{ t }}{% endfor %}", "coffeetea"),
    ];
    for (body, expected) in cases {
        assert_eq!(fill(body, ana()), Ok(expected.to_owned()), "{body}");
    }
}

#[test]
fn variables_are_dotted_names() {
    let template = Template::parse(
        "{{ brand }}",
        "{{ creator.first_name }}{% for post in posts %}{{ post.title }}{% for n in range(2) %}{% endfor %}{% endfor %}",
    );
    let names: Vec<String> = template.expect("a template that can be read").variables().iter().cloned().collect();
    assert_eq!(names, ["brand", "creator.first_name", "posts"]);
}

#[test]
fn what_could_run_long_or_reach_elsewhere_is_refused_with_its_line() {
    let only = "is not for mail templates; if, for and raw are";
    let cases = [
        ("a\nb {% include 'x' %}", format!("line 2 of the body: `include` {only}")),
        ("{% import 'x' as y %}", format!("line 1 of the body: `import` {only}")),
        ("{% from 'x' import y %}", format!("line 1 of the body: `from` {only}")),
        ("{% extends 'x' %}", format!("line 1 of the body: `extends` {only}")),
        ("{%- macro x() %}{% endmacro %}", format!("line 1 of the body: `macro` {only}")),
        ("{% set x = 1 %}", format!("line 1 of the body: `set` {only}")),
        ("{% block x %}{% endblock %}", format!("line 1 of the body: `block` {only}")),
        (
            "{% for x in range(101) %}{% endfor %}",
            "line 1 of the body: a range of 101 numbers; 100 are the most".into(),
        ),
        (
            "{% for x in range(-50, 900, 2) %}x{% endfor %}",
            "line 1 of the body: a range of 475 numbers; 100 are the most".into(),
        ),
        (
            "{% for x in y recursive %}{% endfor %}",
            "line 1 of the body: a loop may not call itself; leave `recursive` out".into(),
        ),
        (
            "{% for a in x %}\n{% for b in x %}\n{% for c in x %}{% endfor %}{% endfor %}{% endfor %}",
            "line 3 of the body: more than 2 loops stand in each other".into(),
        ),
        ("{{ 'a' * 1000000 }}", "line 1 of the body: `*` is not for mail templates; work the number out before".into()),
        ("{{ lipsum(9) }}", "line 1 of the body: `lipsum(…)` cannot be called; only `range` and filters can".into()),
        ("{{ x.items() }}", "line 1 of the body: `items(…)` cannot be called; only `range` and filters can".into()),
        ("{{ x[0](1) }}", "line 1 of the body: only `range` and filters can be called".into()),
    ];
    for (body, expected) in cases {
        assert_eq!(refusal(body), expected, "{body}");
    }
}

#[test]
fn mistakes_in_writing_are_refused_with_their_line() {
    assert_eq!(
        refusal("Hi\n\n{{ name|uper }}"),
        "line 3 of the body: there is no filter `uper`; there are capitalize, d, default, first, join, last, length, lower, \
         round, title, trim, upper"
    );
    assert_eq!(
        refusal("{% if x is even %}{% endif %}"),
        "line 1 of the body: there is no test `even`; there are defined, none, undefined"
    );
    for (body, line) in
        [("Hi\n{{ name", 2), ("{% if x %}\nHi", 2), ("{{ }}", 1), ("{% endfor %}", 1), ("a\n{{ a b }}", 2)]
    {
        let problem = Template::parse("Hello", body).expect_err("cannot be read");
        assert_eq!((problem.part, problem.line), (Part::Body, line), "{body:?}: {problem}");
        assert!(problem.what.starts_with("cannot be read: "), "{problem}");
    }
    let problem = Template::parse("{{ name", "Hi").expect_err("cannot be read");
    assert!(problem.to_string().starts_with("line 1 of the subject: cannot be read: "), "{problem}");
    let problem = Template::parse(&"x".repeat(2_001), "Hi").expect_err("too long");
    assert_eq!(problem.to_string(), "line 1 of the subject: it has 2001 bytes; 2000 are the most");
}

#[test]
fn quotes_hide_what_looks_like_an_instruction() {
    assert_eq!(fill("{{ '%} * {% include x %} lipsum(' }}", ana()), Ok("%} * {% include x %} lipsum(".to_owned()));
    assert_eq!(fill("{{ \"it\\\"s * }}\" }}", ana()), Ok("it\"s * }}".to_owned()));
}

#[test]
fn what_cannot_be_written_names_the_line() {
    let problem = fill("Hi\n{{ creator }}", ana()).expect_err("a group");
    assert_eq!(
        problem.to_string(),
        "line 2 of the body: a list or a group of values stands where a word should; name one of them, or join the list"
    );
    let problem = fill("{% for n in range(creator.followers) %}x{% endfor %}", ana()).expect_err("a long range");
    assert_eq!(problem.to_string(), "line 1 of the body: a range of 12500 numbers; 100 are the most");
    let problem = fill("{% for n in range(1, 5, 0) %}x{% endfor %}", ana()).expect_err("no steps");
    assert_eq!(problem.to_string(), "line 1 of the body: a range cannot have steps of 0");
    assert!(matches!(fill("{{ creator.first_name|round }}", ana()), Err(FillProblem::CannotFill { line: 1, .. })));
    assert!(matches!(fill("{% for n in 5 %}x{% endfor %}", ana()), Err(FillProblem::CannotFill { .. })));
}

#[test]
fn a_subject_is_one_line_and_not_blank() {
    let template = Template::parse("  About {{ what }} ", "Hi").expect("a template that can be read");
    let filled = template.fill(&json!({ "what": "coffee\r\nBcc: all@example.test\u{0}" })).expect("filled");
    assert_eq!(filled.subject, "About coffee Bcc: all@example.test");
    let blank = Template::parse("{{ what|default('') }}", "Hi").expect("a template that can be read");
    let problem = blank.fill(&json!({})).expect_err("blank");
    assert_eq!(problem.to_string(), "the subject is blank; write what the mail is about");
    let blank = Template::parse("Hello", "{% if what %}x{% endif %}\n").expect("a template that can be read");
    assert_eq!(blank.fill(&json!({})).expect_err("blank").to_string(), "the body is blank; write what the mail says");
}

#[test]
fn a_mail_that_grows_too_long_is_refused() {
    let line = "x".repeat(100);
    let body = format!("{{% for a in range(100) %}}{{% for b in range(100) %}}{line}{{% endfor %}}{{% endfor %}}");
    let problem = fill(&body, json!({})).expect_err("too long");
    assert_eq!(problem.to_string(), "the body grows beyond 200000 bytes; shorten the template or the values");
}

#[test]
fn values_that_are_no_group_have_no_values() {
    let template = Template::parse("Hello", "Hi {{ name }}").expect("a template that can be read");
    for values in [json!(null), json!([1, 2]), json!("name")] {
        assert_eq!(template.fill(&values), Err(FillProblem::Missing(vec!["name".into()])));
    }
}

proptest::proptest! {
    /// Whatever is typed: a template is taken or refused, filled or refused, and never stops the program.
    #[test]
    fn any_source_is_answered(pieces in proptest::collection::vec(0usize..26, 0..24)) {
        const PIECES: [&str; 26] = [
            "{{", "}}", "{%", "%}", "{#", "#}", " if ", " for ", " x ", " in ", "endif", "endfor", "\"", "'", "|", "default",
            "(", ")", "range", "100", "\n", ".", "é", "raw", "endraw", "[",
        ];
        let source: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
        if let Ok(template) = Template::parse("Hello", &source) {
            let _ = template.fill(&json!({ "x": { "x": 1 } }));
        }
    }
}
