// Rust's standard library: threads, channels, collections, formatting, files of a granted folder, a panic that is caught.
use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::sync::{mpsc, Arc, Mutex};
use std::{env, fs, panic, process, thread};

struct Loud(&'static str);
impl Drop for Loud {
    fn drop(&mut self) {
        println!("dropped {}", self.0);
    }
}

fn main() {
    let (sender, receiver) = mpsc::channel();
    let total = Arc::new(Mutex::new(0u64));
    let workers: Vec<_> = (0..4u64)
        .map(|i| {
            let (sender, total) = (sender.clone(), Arc::clone(&total));
            thread::spawn(move || {
                for k in 0..1000 {
                    *total.lock().unwrap() += i * k;
                }
                sender.send(i).unwrap();
            })
        })
        .collect();
    drop(sender);
    for worker in workers {
        worker.join().unwrap();
    }
    let mut order: Vec<u64> = receiver.iter().collect();
    order.sort();
    println!("{order:?} {}", total.lock().unwrap());

    let mut counts: HashMap<char, usize> = HashMap::new();
    for c in "the quick brown fox jumps over the lazy dog".chars() {
        *counts.entry(c).or_default() += 1;
    }
    let sorted: BTreeMap<_, _> = counts.into_iter().collect();
    println!("{sorted:?} {:.3} {:e} {:#x}", 1.0f64 / 3.0, 1e300f64 * 3.0, u128::MAX);

    panic::set_hook(Box::new(|info| println!("hook: {}", info.location().unwrap().line() > 0)));
    let caught = panic::catch_unwind(|| {
        let _loud = Loud("while unwinding");
        let list: Vec<i32> = Vec::new();
        list[env::args().count() + 10]
    });
    println!("caught {}", caught.is_err());

    let folder = env::args().nth(1).unwrap();
    let path = format!("{folder}/rust.txt");
    fs::File::create(&path).unwrap().write_all(b"written by Rust\n").unwrap();
    let mut text = String::new();
    fs::File::open(&path).unwrap().read_to_string(&mut text).unwrap();
    print!("{text}");
    let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    println!("{names:?} {:?}", fs::metadata(format!("{folder}/none")).unwrap_err().kind());
    fs::remove_file(path).unwrap();
    process::exit(4);
}
